/** A service for the local stack, as the framework hands it to a plugin: the parts that the stack reads. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Serverless } from '../../local/stack/serverless.ts';

/** What differs between tests. */
export interface FakeService {
  /** Holds the handler and the data. */
  folder: string;
  /** JavaScript of a module that exports `handler`, for all functions. */
  handler: string;
  environment?: Record<string, string>;
  /** Of featurize's event. */
  rules?: object[];
  /** In place of `custom.local`'s values: free ports, two at once, `data` in the folder. */
  local?: Record<string, unknown>;
}

/** Writes the handler and describes the service. */
export function fakeServerless(fake: FakeService): Serverless {
  const { folder, handler, environment, rules = [], local } = fake;
  writeFileSync(join(folder, 'handler.js'), handler);
  writeFileSync(join(folder, 'package.json'), '{ "type": "commonjs" }');
  // biome-ignore lint/suspicious/noTemplateCurlyInString: that is CloudFormation's syntax
  const photos = { 'Fn::Sub': 'test-photos-${AWS::AccountId}' };
  const variables = {
    ...environment,
    PHOTO_BUCKET: photos,
    SNAPSHOT_BUCKET: 'test-snapshots',
    SNAPSHOT_DAYS: '90',
    FEATURES_TABLE: { Ref: 'FeaturesTable' },
    MODEL_PATH: '/opt/model.onnx',
  };
  const define = (name: string, events: object[] = []) => ({
    name: `test-${name}`,
    handler: 'handler.handler',
    environment: { ...variables },
    events,
  });
  const table = {
    TableName: 'test-features',
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: 'photo', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'photo', KeyType: 'HASH' }],
    SSESpecification: { SSEEnabled: true },
  };
  const ports = { s3Port: 0, dynamodbPort: 0, lambdaPort: 0, httpPort: 0, pagePort: 0 };
  return {
    service: {
      service: 'test',
      custom: { local: { ...ports, concurrency: 2, data: join(folder, 'data'), ...local } },
      provider: { region: 'eu-west-1', runtime: 'nodejs20.x', timeout: 10 },
      resources: {
        Resources: {
          S3BucketPhotos: { Type: 'AWS::S3::Bucket', Properties: { BucketName: photos } },
          FeaturesTable: { Type: 'AWS::DynamoDB::Table', Properties: table },
        },
      },
      functions: {
        featurize: define('featurize', [{ s3: { bucket: 'photos', event: 's3:ObjectCreated:*', rules } }]),
        erase: define('erase', [{ s3: { bucket: 'photos', event: 's3:ObjectRemoved:*' } }]),
        reduce: define('reduce'),
      },
    },
    config: { servicePath: folder, serverlessPath: folder },
    serviceDir: folder,
    getProvider: () => ({ naming: { getBucketLogicalId: () => 'S3BucketPhotos' } }),
  } as unknown as Serverless;
}
