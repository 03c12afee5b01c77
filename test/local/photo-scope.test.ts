/** The real functions over the local stack, where only objects below `fruits/` that end in `.jpg` are photos. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { DeleteItemCommand, DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { bundle } from '../../layers/bundle.ts';
import type { QueueState } from '../../local/stack/async-queue.ts';
import { awsVariables } from '../../local/stack/environment.ts';
import { FREE_PORTS } from '../../local/stack/serverless.ts';
import type { StackDescription } from '../../local/stack/start-stack.ts';
import { ensureModel } from '../../model/ensure-model.ts';
import { makeFolder } from './folder.ts';

const ROOT = join(import.meta.dirname, '../..');
const PHOTO = readFileSync(join(ROOT, 'samples/Apple Red/000.jpg'));
const MEGABYTE = 'x'.repeat(1024 * 1024);

let child: ChildProcess;
let stack: StackDescription;
let s3: S3Client;
let dynamodb: DynamoDBClient;
let lambda: LambdaClient;

before(async () => {
  const model = await ensureModel();
  await bundle();
  child = spawn(
    process.execPath,
    [
      createRequire(import.meta.url).resolve('serverless/bin/serverless.js'),
      ...['offline', 'start', '--param', 'photoPrefix=fruits/', '--param', 'photoSuffix=.jpg'],
      ...['--param', `local-data=${makeFolder()}`],
    ],
    {
      cwd: ROOT,
      env: { ...process.env, ...FREE_PORTS, MODEL_PATH: model.path, SLS_LOG_LEVEL: 'warning' },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    },
  );
  stack = await new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(message as StackDescription));
    child.once('exit', (code) => reject(new Error(`the local stack ended with ${code}`)));
  });
  Object.assign(process.env, awsVariables(stack.endpoints, stack.region));
  s3 = new S3Client({ forcePathStyle: true });
  dynamodb = new DynamoDBClient();
  lambda = new LambdaClient({ maxAttempts: 1 });
});

after(() => {
  for (const client of [s3, dynamodb, lambda]) client?.destroy();
  child?.kill('SIGTERM');
});

async function invoke(name: string, payload: string | object) {
  const answer = await lambda.send(
    new InvokeCommand({
      FunctionName: stack.functions[name],
      Payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
    }),
  );
  const answered = JSON.parse(Buffer.from(answer.Payload ?? []).toString());
  return answer.FunctionError === undefined
    ? answered
    : { failed: answered.errorType as string, message: answered.errorMessage as string };
}

async function whenIdle(succeeded: number): Promise<void> {
  for (const end = performance.now() + 60_000; ; await setTimeout(50)) {
    const queue = (await (await fetch(`${stack.endpoints.lambda}/local/queue`)).json()) as QueueState;
    assert.equal(queue.failed, 0, JSON.stringify(queue.failures));
    if (queue.succeeded >= succeeded && queue.waiting + queue.running + queue.retrying === 0) return;
    assert.ok(performance.now() < end, `waited a minute in vain: ${JSON.stringify(queue)}`);
  }
}

async function rows(): Promise<string[]> {
  const { Items = [] } = await dynamodb.send(
    new ScanCommand({ TableName: stack.variables.FEATURES_TABLE, ProjectionExpression: 'photo' }),
  );
  return Items.map(({ photo }) => photo?.S ?? '').sort();
}

test('a backfill of "" finds the photos that events would have found, and no others, and is done', async () => {
  const keys = ['fruits/Kiwi/1.jpg', 'fruits/Kiwi/2.jpg', 'fruits/Kiwi/3.txt', 'vegetables/4.jpg'];
  for (const Key of keys) {
    await s3.send(new PutObjectCommand({ Bucket: stack.variables.PHOTO_BUCKET, Key, Body: PHOTO }));
  }
  await whenIdle(2);
  const photos = ['fruits/Kiwi/1.jpg', 'fruits/Kiwi/2.jpg'];
  assert.deepEqual(await rows(), photos);
  const Key = { photo: { S: photos[0] ?? '' } };
  await dynamodb.send(new DeleteItemCommand({ TableName: stack.variables.FEATURES_TABLE, Key }));

  const first = await invoke('backfill', { prefix: '' });
  assert.deepEqual(
    { state: first.state, prefix: first.prefix, listed: first.listed, sent: first.sent },
    { state: 'done', prefix: 'fruits/', listed: 2, sent: 1 },
  );
  await whenIdle(3);
  const second = await invoke('backfill', {});
  assert.deepEqual({ listed: second.listed, sent: second.sent }, { listed: 2, sent: 0 });
  assert.deepEqual(await rows(), photos);
});

test('a backfill outside is refused', async () => {
  assert.deepEqual(await invoke('backfill', { prefix: 'vegetables/' }), {
    failed: 'InvalidRequest',
    message:
      'prefix "vegetables/" lies outside of "fruits/" (photoPrefix), the only place where photos are featurized',
  });
});

test('what is malformed is refused through the Lambda port too, and stores nothing', async () => {
  const before = await rows();
  const deep = `${'{"a":['.repeat(10_000)}${']}'.repeat(10_000)}`;
  const events = [deep, `{"Records":[${deep}]}`, { [MEGABYTE]: 1 }, { invocationSchemaVersion: '1.0' }];
  for (const name of Object.keys(stack.functions)) {
    for (const event of events) {
      const { failed, message, statusCode, body } = await invoke(name, event);
      // identify's caller speaks HTTP, so it is told by a status.
      const reason = statusCode === 400 ? JSON.parse(body).reason : failed;
      assert.equal(reason, statusCode === 400 ? 'invalid-request' : 'InvalidRequest', name);
      const said = (message ?? body).length;
      assert.ok(said < 500, `${name} said ${said} characters`);
    }
  }
  assert.deepEqual(await rows(), before);
});
