/** Featurize's DynamoDB client under throttling: a stand-in for the table that throttles, and for the photo bucket. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { after, before, beforeEach, mock, test } from 'node:test';
import { DynamoDBClient, type DynamoDBClientConfig, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { Context } from 'aws-lambda';
import { createPatientDynamoDBClient } from '../../functions/adapters/patient-dynamodb.ts';
import { ensureModel } from '../../model/ensure-model.ts';
import { flat } from '../fixtures/photos.ts';

const photo = await flat([200, 30, 30]).png().toBuffer();
let server: Server;
let endpoint: string;
let random: ReturnType<typeof mock.method>;

/** How often the table throttles each write before it takes it. */
let throttles = 0;
let throttled = 0;
const writes: string[] = [];

before(async () => {
  server = createServer(async (request, response) => {
    if (request.method === 'GET') return response.setHeader('etag', '"e1"').end(photo);
    await buffer(request);
    writes.push(String(request.headers['amz-sdk-request']));
    if (throttled++ < throttles) {
      const type = 'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException';
      return response.writeHead(400).end(JSON.stringify({ __type: type, message: 'too fast' }));
    }
    throttled = 0;
    return response.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  writes.length = 0;
  throttled = 0;
  random = mock.method(Math, 'random', () => 0); // of the back-off: no pause
});
after(() => server.close());

const config = (): DynamoDBClientConfig => ({
  endpoint,
  region: 'eu-west-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
});
const put = (client: DynamoDBClient) =>
  client.send(new PutItemCommand({ TableName: 'features', Item: { photo: { S: 'a' } } }));

test('it is set to try ten times, with what else it is given', async () => {
  const { maxAttempts, cacheMiddleware } = createPatientDynamoDBClient({
    ...config(),
    cacheMiddleware: true,
  }).config;
  assert.equal(await maxAttempts(), 10);
  assert.equal(cacheMiddleware, true);
});

test('a write that is throttled nine times takes place at the tenth; the default gives up at the fourth', async () => {
  throttles = 9;
  await put(createPatientDynamoDBClient(config()));
  assert.equal(writes.length, 10);
  assert.equal(writes[9], 'attempt=10; max=10');

  [writes.length, throttled] = [0, 0];
  await assert.rejects(put(new DynamoDBClient(config())), { name: 'ProvisionedThroughputExceededException' });
  assert.equal(writes.length, 4);
});

test('a write that is throttled ten times fails with the store’s own words', async () => {
  throttles = 10;
  await assert.rejects(put(createPatientDynamoDBClient(config())), {
    name: 'ProvisionedThroughputExceededException',
    message: 'too fast',
  });
  assert.equal(writes.length, 10);
});

test('it pauses as the SDK does: by chance, and for twice as long each time', async () => {
  random.mock.mockImplementation(() => 0.01);
  throttles = 3;
  const { $metadata } = await put(createPatientDynamoDBClient(config()));
  assert.equal($metadata.totalRetryDelay, 10 + 20 + 40);
});

test('the last write of a long burst is tried as often as the first; by the SDK’s quota it is not', async () => {
  throttles = 3;
  const failuresOf = async (client: DynamoDBClient) => {
    let failures = 0;
    for (let i = 0; i < 100; i++) await put(client).catch(() => failures++);
    return failures;
  };
  assert.equal(await failuresOf(createPatientDynamoDBClient(config())), 0);
  assert.ok((await failuresOf(new DynamoDBClient({ ...config(), maxAttempts: 10 }))) > 20);
});

test('featurize itself survives nine throttles', async () => {
  throttles = 9;
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    PHOTO_BUCKET: 'photos',
    FEATURES_TABLE: 'features',
    MODEL_PATH: (await ensureModel()).path,
    MAX_PHOTO_BYTES: '1000000',
    MAX_PHOTO_PIXELS: '1000000',
    POWERTOOLS_LOG_LEVEL: 'SILENT',
    POWERTOOLS_METRICS_DISABLED: 'true',
  });
  const { handler } = await import('../../functions/featurize.ts');
  const context = { functionName: 'featurize', getRemainingTimeInMillis: () => 60_000 } as Context;
  const [outcome] = (await handler({ backfill: [{ key: 'a.png', etag: 'e1' }] }, context)) as {
    status: string;
  }[];
  assert.equal(outcome?.status, 'featurized');
  assert.equal(writes.length, 10);
});
