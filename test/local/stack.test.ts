import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import ServerlessOfflineLambda from 'serverless-offline/lambda';
import type { QueueState } from '../../local/stack/async-queue.ts';
import { close, listen } from '../../local/stack/listen.ts';
import type { Serverless } from '../../local/stack/serverless.ts';
import { type Stack, startStack } from '../../local/stack/start-stack.ts';
import { fakeServerless } from './fake-serverless.ts';
import { makeFolder } from './folder.ts';

/** Writes down what it is invoked with; throws where that holds the word `fails`. */
const HANDLER = `
const fs = require('node:fs');
exports.handler = async (event) => {
  const { PHOTO_BUCKET, AWS_ENDPOINT_URL_S3, MODEL_PATH, POWERTOOLS_METRICS_DISABLED } = process.env;
  const variables = { PHOTO_BUCKET, AWS_ENDPOINT_URL_S3, MODEL_PATH, POWERTOOLS_METRICS_DISABLED };
  fs.appendFileSync(process.env.SEEN, JSON.stringify({ event, ...variables }) + '\\n');
  if (JSON.stringify(event).includes('fails')) throw new TypeError('cannot');
  return { got: event };
};`;

const folder = makeFolder();
const seenPath = join(folder, 'seen.jsonl');

function serverless(local: Record<string, unknown> = {}): Serverless {
  const rules = [{ prefix: 'in/' }, { suffix: '.jpg' }];
  return fakeServerless({ folder, handler: HANDLER, environment: { SEEN: seenPath }, rules, local });
}

let stack: Stack;
let s3: S3Client;
let lambda: LambdaClient;
const Bucket = 'test-photos-local';

before(start);
after(stop);

async function start(): Promise<void> {
  stack = await startStack(serverless());
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const common = { region: 'eu-west-1', credentials };
  s3 = new S3Client({ ...common, endpoint: stack.endpoints.s3 });
  lambda = new LambdaClient({ ...common, endpoint: stack.endpoints.lambda, maxAttempts: 1 });
}

async function stop(): Promise<void> {
  s3.destroy();
  lambda.destroy();
  await stack.stop();
}

interface Seen {
  event: { Records?: { eventName: string; s3: { object: { key: string } } }[] };
  [variable: string]: unknown;
}

/** What handlers saw of events that hold a text. */
function seen(text: string): Seen[] {
  let lines: string[] = [];
  try {
    lines = readFileSync(seenPath, 'utf8').trimEnd().split('\n');
  } catch {}
  return lines.filter((line) => line.includes(text)).map((line) => JSON.parse(line) as Seen);
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = performance.now() + 15_000; !(await condition()); await setTimeout(20)) {
    assert.ok(performance.now() < end, 'waited 15 seconds in vain');
  }
}

async function queue(): Promise<QueueState> {
  return (await (await fetch(`${stack.endpoints.lambda}/local/queue`)).json()) as QueueState;
}

function invoke(FunctionName: string, payload: unknown, InvocationType?: 'Event' | 'RequestResponse') {
  return lambda.send(new InvokeCommand({ FunctionName, InvocationType, Payload: JSON.stringify(payload) }));
}

test('an upload invokes the function that waits for it, with the environment of serverless.yml made plain', async () => {
  await s3.send(new PutObjectCommand({ Bucket, Key: 'in/a b+ü.jpg', Body: 'x' }));
  await until(() => seen('a+b%2B%C3%BC').length > 0);
  const [first] = seen('a+b%2B%C3%BC');
  assert.equal(first?.event.Records?.[0]?.eventName, 'ObjectCreated:Put');
  assert.equal(first?.PHOTO_BUCKET, Bucket);
  assert.equal(first?.AWS_ENDPOINT_URL_S3, stack.endpoints.s3);
  assert.equal(first?.MODEL_PATH, join(folder, 'build/model/mobilenetv2.onnx'));
  assert.equal(first?.POWERTOOLS_METRICS_DISABLED, 'true', 'no metrics where nothing reads them');
});

test('a deletion invokes the other function, and what the filters leave out invokes none', async () => {
  for (const Key of ['in/gone.jpg', 'elsewhere/gone.jpg', 'in/gone.txt']) {
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));
  }
  await s3.send(new DeleteObjectCommand({ Bucket, Key: 'in/gone.jpg' }));
  await until(async () => seen('gone').length === 2 && (await queue()).running === 0);
  const names = seen('gone').map(({ event }) => event.Records?.[0]);
  assert.deepEqual(names.map((record) => [record?.eventName, record?.s3.object.key]).sort(), [
    ['ObjectCreated:Put', 'in/gone.jpg'],
    ['ObjectRemoved:Delete', 'in/gone.jpg'],
  ]);
});

test('a synchronous invocation is answered, with what the handler returns or throws', async () => {
  const answer = await invoke('test-featurize', { n: 1 });
  assert.equal(answer.FunctionError, undefined);
  assert.deepEqual(JSON.parse(Buffer.from(answer.Payload!).toString()), { got: { n: 1 } });

  const failed = await invoke('arn:aws:lambda:eu-west-1:123456789012:function:test-featurize', {
    word: 'fails',
  });
  assert.equal(failed.FunctionError, 'Unhandled');
  const { errorType, errorMessage } = JSON.parse(Buffer.from(failed.Payload!).toString());
  assert.deepEqual({ errorType, errorMessage }, { errorType: 'TypeError', errorMessage: 'cannot' });
});

test('an asynchronous invocation is accepted at once, tried three times, then kept with its event', async () => {
  const { StatusCode } = await invoke('test-featurize', { word: 'fails', call: 'mine' }, 'Event');
  assert.equal(StatusCode, 202);
  await until(async () => (await queue()).failed === 1);
  assert.equal(seen('"call":"mine"').length, 3);
  const [failure] = (await queue()).failures;
  assert.deepEqual({ ...failure, id: 0 }, { id: 0, functionKey: 'featurize', error: 'cannot', attempts: 3 });
  const [kept] = readFileSync(join(folder, 'data', 'failed.jsonl'), 'utf8')
    .trimEnd()
    .split('\n');
  assert.deepEqual(JSON.parse(kept!).event, { word: 'fails', call: 'mine' });
});

test('a schedule that serverless-offline finds due joins the queue', async () => {
  const due = new ServerlessOfflineLambda(serverless(), {}).get('reduce');
  due.setEvent({ scheduled: 'now' });
  await due.runHandler();
  await until(() => seen('"scheduled":"now"').length === 1);
});

test('a request over HTTP is answered with what the handler returns, or fails as it does', async () => {
  const ask = (path: string): Promise<unknown> => {
    const asked = new ServerlessOfflineLambda(serverless(), {}).get('reduce');
    asked.setEvent({ rawPath: path, requestContext: { http: { method: 'GET', path } } });
    return asked.runHandler();
  };
  const { got } = (await ask('/identify')) as { got: { rawPath: string } };
  assert.equal(got.rawPath, '/identify');
  await assert.rejects(ask('/fails'), { message: 'cannot' });
});

test('an unknown function and a payload that is no JSON are refused as Lambda refuses them', async () => {
  await assert.rejects(invoke('test-nothing', {}), { name: 'ResourceNotFoundException' });
  const url = `${stack.endpoints.lambda}/2015-03-31/functions/test-featurize/invocations`;
  const response = await fetch(url, { method: 'POST', body: '{' });
  assert.equal(response.status, 400);
  assert.equal(response.headers.get('x-amzn-errortype'), 'InvalidRequestContentException');
});

test('the table is made of the resource in serverless.yml', async () => {
  const client = new DynamoDBClient({ endpoint: stack.endpoints.dynamodb });
  const { Table } = await client.send(new DescribeTableCommand({ TableName: 'test-features' }));
  client.destroy();
  assert.deepEqual(Table?.KeySchema, [{ AttributeName: 'photo', KeyType: 'HASH' }]);
  assert.equal(Table?.BillingModeSummary?.BillingMode, 'PAY_PER_REQUEST');
});

test('a second stack over the same folder is refused, and so is a port that is taken', async () => {
  // Of this process itself the lock would let it pass: pretend to be the parent.
  writeFileSync(join(folder, 'data', 'lock'), String(process.ppid));
  await assert.rejects(
    startStack(serverless()),
    new RegExp(`data is in use by another local stack \\(process ${process.ppid}\\)`),
  );

  const other = createServer();
  const port = Number(new URL(await listen(other, { port: 0, what: 'x', variable: 'X' })).port);
  const taken = startStack(serverless({ s3Port: port, data: join(folder, 'other') }));
  await assert.rejects(taken, {
    name: 'LocalError',
    message: new RegExp(`^Port ${port}, for the local S3, is taken\\. .*VERGER_S3_PORT=${port + 1}`),
  });
  await close(other);
});

test('a bundle that is missing is named, with what makes it', async () => {
  const service = fakeServerless({ folder: makeFolder(), handler: HANDLER });
  rmSync(join(service.serviceDir, 'handler.js'));
  await assert.rejects(startStack(service), {
    name: 'LocalError',
    message: `${join(service.serviceDir, 'handler.js')} is missing: npm run build makes it`,
  });
});

test('a setting that is no port is refused by name', async () => {
  await assert.rejects(
    startStack(serverless({ s3Port: '456g' })),
    /custom\.local\.s3Port .* 0 to 65535, is 456g/,
  );
});

test('what was accepted and not done before a stop is done after the next start', async () => {
  await invoke('test-featurize', { word: 'fails', call: 'unfinished' }, 'Event');
  await until(() => seen('unfinished').length > 0);
  await stop();
  const before = seen('unfinished').length;
  await start();
  await until(() => seen('unfinished').length > before);
});
