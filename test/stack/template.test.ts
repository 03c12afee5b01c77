/** The template that `sls package` makes, held to the rules; and each rule, broken, seen to fail. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ensureModel } from '../../model/ensure-model.ts';
import {
  perishableData,
  permissions,
  publicAccess,
  type Resource,
  type Statement,
  type Template,
  unwatchedFunctions,
  wildcardActions,
  wildcardResources,
} from './template-rules.ts';

const folder = mkdtempSync(join(tmpdir(), 'verger-template-'));
after(() => rmSync(folder, { recursive: true, force: true }));

describe('the packaged template', () => {
  let template: Template;
  before(() => {
    template = compile('new', []);
  });
  const resource = (name: string, changed = template): Resource => {
    const found = changed.Resources[name];
    assert.ok(found, `the template has no ${name}`);
    return found;
  };

  test('allows no action by wildcard', () => {
    assert.deepEqual(wildcardActions(template), []);
  });

  test('allows nothing on every resource but traces, for which AWS has no other way', () => {
    assert.deepEqual(wildcardResources(template), []);
  });

  test('lets each function read and write what it uses and nothing else', () => {
    const photos = 'arn:<Partition>:s3:::verger-dev-photos-<AccountId>';
    const lambda = 'arn:<Partition>:lambda:<Region>:<AccountId>:function:verger-dev-';
    const snapshots = '<SnapshotBucket.Arn>';
    assert.deepEqual(permissions(template), {
      FeaturizeRole: [
        `s3:GetObject ${photos}/*`,
        `s3:ListBucket ${photos}`,
        'dynamodb:PutItem FeaturesTable.Arn',
        'dynamodb:BatchGetItem FeaturesTable.Arn',
      ],
      EraseRole: [
        `s3:GetObject ${photos}/*`,
        `s3:ListBucket ${photos}`,
        'dynamodb:PutItem FeaturesTable.Arn',
      ],
      ReduceRole: [
        'dynamodb:Scan FeaturesTable.Arn',
        `s3:PutObject ${snapshots}/snapshot=*`,
        `s3:PutObject ${snapshots}/latest.json`,
        `s3:GetObject ${snapshots}/latest.json`,
        's3:ListBucket SnapshotBucket.Arn',
      ],
      BackfillRole: [
        `s3:ListBucket ${photos}`,
        's3:ListBucket SnapshotBucket.Arn',
        `s3:GetObject ${snapshots}/backfill/*`,
        `s3:PutObject ${snapshots}/backfill/*`,
        'dynamodb:BatchGetItem FeaturesTable.Arn',
        `lambda:InvokeFunction ${lambda}featurize`,
        `lambda:InvokeFunction ${lambda}backfill`,
      ],
    });
  });

  test('opens nothing to the public, and answers over TLS alone', () => {
    assert.deepEqual(publicAccess(template), []);
  });

  test('keeps photos, features and snapshots when it is removed', () => {
    assert.deepEqual(perishableData(template), []);
  });

  test('gives each function its own role, traces, a place for what fails for good, and an alarm', () => {
    assert.deepEqual(unwatchedFunctions(template), []);
  });

  test('encrypts the table and the queue, and can bring the table back to any second', () => {
    const { Properties: table } = resource('FeaturesTable');
    assert.deepEqual(table.SSESpecification, { SSEEnabled: true });
    assert.deepEqual(table.PointInTimeRecoverySpecification, { PointInTimeRecoveryEnabled: true });
    assert.deepEqual(table.TimeToLiveSpecification, { AttributeName: 'expiresAt', Enabled: true });
    assert.equal(table.BillingMode, 'PAY_PER_REQUEST');
    assert.equal(resource('FailureQueue').Properties.SqsManagedSseEnabled, true);
  });

  test('runs on arm64, in the EU, and tells the functions where everything is', () => {
    const { Properties } = resource('FeaturizeLambdaFunction');
    assert.deepEqual(Properties.Architectures, ['arm64']);
    assert.equal(Properties.Runtime, 'nodejs22.x');
    const { Variables } = Properties.Environment as { Variables: Record<string, unknown> };
    assert.deepEqual(Object.keys(Variables).sort(), [
      'FEATURES_TABLE',
      'MAX_PHOTO_BYTES',
      'MAX_PHOTO_PIXELS',
      'MODEL_PATH',
      'ORT_DISABLE_TELEMETRY',
      'PHOTO_BUCKET',
    ]);
  });

  test('gives the functions that need a model the file that lies in the model layer', async () => {
    const { path } = await ensureModel();
    for (const name of ['FeaturizeLambdaFunction', 'BackfillLambdaFunction']) {
      const { Environment } = resource(name).Properties as {
        Environment: { Variables: { MODEL_PATH: string } };
      };
      assert.equal(Environment.Variables.MODEL_PATH, `/opt/model/${basename(path)}`, name);
    }
  });

  test('has no secret in it', () => {
    assert.doesNotMatch(JSON.stringify(template), /AKIA|aws_secret|password|BEGIN [A-Z ]*PRIVATE KEY/i);
  });

  describe('each rule, broken, is seen', () => {
    const broken = (change: (template: Template) => void): Template => {
      const copy = structuredClone(template);
      change(copy);
      return copy;
    };
    const firstStatement = (changed: Template, role: string): Statement => {
      const [policy] = resource(role, changed).Properties.Policies as {
        PolicyDocument: { Statement: Statement[] };
      }[];
      const [statement] = policy?.PolicyDocument.Statement ?? [];
      assert.ok(statement);
      return statement;
    };

    test('a wildcard action', () => {
      const changed = broken((copy) => {
        firstStatement(copy, 'ReduceRole').Action = 'dynamodb:*';
      });
      assert.deepEqual(wildcardActions(changed), ['ReduceRole: dynamodb:*']);
    });

    test('a wildcard resource', () => {
      for (const resource of ['*', 'arn:aws:s3:::*', 'arn:aws:s3:::verger-*/photo']) {
        const changed = broken((copy) => {
          firstStatement(copy, 'FeaturizeRole').Resource = resource;
        });
        assert.deepEqual(wildcardResources(changed), [`FeaturizeRole: ${resource}`]);
      }
    });

    test('a permission more than it uses', () => {
      const changed = broken((copy) => {
        firstStatement(copy, 'ReduceRole').Action = ['dynamodb:Scan', 'dynamodb:PutItem'];
      });
      assert.deepEqual(permissions(changed).ReduceRole?.slice(0, 2), [
        'dynamodb:Scan FeaturesTable.Arn',
        'dynamodb:PutItem FeaturesTable.Arn',
      ]);
    });

    test('another function’s log', () => {
      const changed = JSON.parse(
        JSON.stringify(template).replace('"EraseLogGroup","Arn"', '"ReduceLogGroup","Arn"'),
      );
      assert.ok(permissions(changed).EraseRole?.includes('logs:PutLogEvents ReduceLogGroup.Arn'));
    });

    test('a bucket that is public, not encrypted, or answers without TLS', () => {
      const changed = broken((copy) => {
        const { Properties } = resource('SnapshotBucket', copy);
        (Properties.PublicAccessBlockConfiguration as Record<string, boolean>).BlockPublicAcls = false;
        delete Properties.BucketEncryption;
        delete copy.Resources.SnapshotBucketPolicy;
      });
      assert.deepEqual(publicAccess(changed), [
        'SnapshotBucket: not private',
        'SnapshotBucket: not encrypted',
        'SnapshotBucket: answers without TLS',
      ]);
    });

    test('a policy open to anybody, and events of anybody', () => {
      const changed = broken((copy) => {
        const policy = resource('PhotoBucketPolicy', copy).Properties.PolicyDocument as {
          Statement: Statement[];
        };
        policy.Statement.push({ Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: '*' });
        delete resource('EraseLambdaPermissionPhotosS3', copy).Properties.SourceArn;
      });
      assert.deepEqual(publicAccess(changed), [
        'PhotoBucketPolicy: open to anybody',
        "EraseLambdaPermissionPhotosS3: anybody's events invoke it",
      ]);
    });

    test('data that goes with the stack', () => {
      const changed = broken((copy) => {
        delete resource('FeaturesTable', copy).DeletionPolicy;
      });
      assert.deepEqual(perishableData(changed), ['FeaturesTable']);
    });

    test('a function that shares a role, loses what fails, leaves no trace, or that no alarm watches', () => {
      const changed = broken((copy) => {
        const { Properties } = resource('ReduceLambdaFunction', copy);
        Properties.Role = { 'Fn::GetAtt': ['EraseRole', 'Arn'] };
        Properties.TracingConfig = { Mode: 'PassThrough' };
        delete copy.Resources.ReduceLambdaEvConf;
        delete copy.Resources.ReduceErrorAlarm;
      });
      assert.deepEqual(unwatchedFunctions(changed), [
        'ReduceLambdaFunction: shares its role',
        'ReduceLambdaFunction: loses what fails for good',
        'ReduceLambdaFunction: is not traced',
        'ReduceLambdaFunction: no alarm watches its errors',
      ]);
    });
  });
});

test('attached to a bucket that is there, the stack adds its events and leaves the bucket alone', () => {
  const template = compile('existing', [
    ...['--stage', 'prod', '--param', 'photoBucketIs=existing', '--param', 'photoBucket=their-photos'],
    ...['--param', 'photoPrefix=fruits/', '--param', 'photoSuffix=.jpg', '--param', 'architecture=x86_64'],
  ]);
  const { Resources } = template;
  assert.deepEqual(
    Object.values(Resources).filter(({ Type }) => Type === 'AWS::S3::Bucket').length,
    2, // snapshots, and the framework's own for deployment
  );
  assert.deepEqual(Resources.FeaturizeCustomS31?.Properties.BucketConfigs, [
    { Event: 's3:ObjectCreated:*', Rules: [{ Prefix: 'fruits/' }, { Suffix: '.jpg' }] },
  ]);
  assert.ok(
    permissions(template).FeaturizeRole?.includes('s3:GetObject arn:<Partition>:s3:::their-photos/fruits/*'),
  );
  assert.deepEqual(Resources.FeaturizeLambdaFunction?.Properties.Architectures, ['x86_64']);
  assert.deepEqual(Resources.FeaturizeLambdaFunction?.Properties.ReservedConcurrentExecutions, {
    'Fn::If': ['HasConcurrencyCap', 100, { Ref: 'AWS::NoValue' }],
  });
  // The framework's own function that sets the bucket's events, for this way of use alone.
  assert.deepEqual(wildcardResources(template), [
    'IamRoleCustomResourcesLambdaExecution: arn:Partition:lambda:Region:AccountId:function:*'.replace(
      /(Partition|Region|AccountId)/g,
      'AWS::$1',
    ),
  ]);
});

function compile(name: string, options: string[]): Template {
  const bin = createRequire(import.meta.url).resolve('serverless/bin/serverless.js');
  const out = join(folder, name);
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [bin, 'package', '--package', out, ...options],
    {
      cwd: join(import.meta.dirname, '../..'),
      encoding: 'utf8',
    },
  );
  assert.equal(status, 0, stdout + stderr);
  return JSON.parse(readFileSync(join(out, 'cloudformation-template-update-stack.json'), 'utf8'));
}
