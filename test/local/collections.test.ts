/** The real functions over the local stack: a collection is reduced by itself, both ways, and identify answers from it. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { Identification } from '../../functions/core/identify/identify.ts';
import type { LatestSnapshot } from '../../functions/core/ports.ts';
import type { ReduceResult } from '../../functions/core/reduce/publish.ts';
import { bundle } from '../../layers/bundle.ts';
import { type StackProcess, startStackProcess } from '../../local/run/stack-process.ts';
import type { QueueState } from '../../local/stack/async-queue.ts';
import { awsVariables } from '../../local/stack/environment.ts';
import { FREE_PORTS } from '../../local/stack/serverless.ts';
import type { StackDescription } from '../../local/stack/start-stack.ts';
import { ensureModel } from '../../model/ensure-model.ts';
import { makeFolder } from './folder.ts';

const ROOT = join(import.meta.dirname, '../..');
const PHOTOS = ['phone/Kiwi', 'phone/Lemon', 'phones/Kiwi', 'studio/Apple Red'].flatMap((folder) =>
  ['000', '001', '002'].map((name) => `${folder}/${name}.jpg`),
);
const COLLECTION = 'collections/phone-2F/';
const patient = { timeout: 180_000 };

let child: StackProcess;
let stack: StackDescription;
let s3: S3Client;
let lambda: LambdaClient;

before(async () => {
  const model = await ensureModel();
  await bundle();
  child = startStackProcess({
    environment: {
      ...FREE_PORTS,
      VERGER_LOCAL_DATA: makeFolder(),
      VERGER_IDENTIFY_COLLECTION: 'phone/',
      MODEL_PATH: model.path,
    },
  });
  stack = await child.ready;
  Object.assign(process.env, awsVariables(stack.endpoints, stack.region));
  s3 = new S3Client({ forcePathStyle: true });
  lambda = new LambdaClient({ maxAttempts: 1 });
});

after(() => {
  for (const client of [s3, lambda]) client?.destroy();
  return child?.stop();
});

async function reduce(request: object) {
  const { FunctionError, Payload } = await lambda.send(
    new InvokeCommand({ FunctionName: stack.functions.reduce, Payload: JSON.stringify(request) }),
  );
  const answer = JSON.parse(Buffer.from(Payload ?? []).toString());
  assert.equal(FunctionError, undefined, answer.errorMessage);
  return answer as ReduceResult;
}

async function read(Key: string): Promise<Buffer> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: stack.variables.SNAPSHOT_BUCKET, Key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

async function keys(Prefix: string): Promise<string[]> {
  const { Contents = [] } = await s3.send(
    new ListObjectsV2Command({ Bucket: stack.variables.SNAPSHOT_BUCKET, Prefix }),
  );
  return Contents.map(({ Key = '' }) => Key);
}

async function identify(): Promise<Identification & { reason?: string }> {
  const body = readFileSync(join(ROOT, 'samples/Lemon/004.jpg'));
  const answer = await fetch(`${stack.http}/identify`, { method: 'POST', body });
  return (await answer.json()) as Identification & { reason?: string };
}

test(
  'a collection is reduced by one function and by the state machine to the same bytes, and nothing else is',
  patient,
  async () => {
    for (const key of PHOTOS) {
      const [, kind, name] = key.split('/');
      const Body = readFileSync(join(ROOT, 'samples', kind!, name!));
      await s3.send(new PutObjectCommand({ Bucket: stack.variables.PHOTO_BUCKET, Key: key, Body }));
    }
    const isDone = async () => {
      const queue = await (await fetch(`${stack.endpoints.lambda}/local/queue`)).json();
      return (queue as QueueState).succeeded === PHOTOS.length;
    };
    while (!(await isDone())) await setTimeout(100);

    assert.equal((await identify()).reason, 'no-snapshot');
    const one = await reduce({ prefix: 'phone/' });
    assert.deepEqual([one.rows, one.classifier], [6, { labels: 2 }]);
    await reduce({ prefix: 'phone/', segments: 2 });
    const latest = async () =>
      JSON.parse((await read(`${COLLECTION}latest.json`)).toString()) as LatestSnapshot;
    while ((await latest()).snapshot === one.snapshot) await setTimeout(100);
    const two = await latest();
    for (const name of ['parts', 'files'] as const) {
      const [key] = (await keys(two[name])).filter((key) => /part-00000|pca\.json/.test(key));
      const before = key!.replace(two.snapshot, one.snapshot);
      const digest = async (key: string) =>
        createHash('sha256')
          .update(await read(key))
          .digest('hex');
      assert.equal(await digest(key!), await digest(before), key);
    }
    const others = (await keys('')).filter((key) => !key.startsWith(COLLECTION) && !key.startsWith('work/'));
    assert.deepEqual(others, []);
    const commits = (await keys(`${COLLECTION}rows/_delta_log/`)).map((key) => key.split('/').at(-1));
    assert.deepEqual(
      commits,
      [0, 1].map((version) => `${String(version).padStart(20, '0')}.json`),
    );
  },
);

test(
  'identify answers from the collection that it was set to, also after all photos were reduced',
  patient,
  async () => {
    const { snapshot } = JSON.parse((await read(`${COLLECTION}latest.json`)).toString()) as LatestSnapshot;
    const all = await reduce({});
    assert.equal(all.rows, PHOTOS.length);
    assert.equal(JSON.parse((await read('latest.json')).toString()).snapshot, all.snapshot);
    const found = await identify();
    assert.equal(found.reason, undefined, JSON.stringify(found));
    assert.equal(found.snapshot, snapshot);
    assert.deepEqual(found.candidates.map(({ label }) => label).sort(), ['Kiwi', 'Lemon']);
    assert.ok(found.neighbours.every(({ key }) => key.startsWith('phone/')));
  },
);
