/** The state machine as it is deployed, over the local stack's S3, DynamoDB and Lambda, with what goes wrong at scale. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { BatchWriteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { build } from 'esbuild';
import { parse } from 'yaml';
import { createFeatureStore } from '../../functions/adapters/dynamodb.ts';
import { toItem } from '../../functions/adapters/feature-item.ts';
import { createMatrixProducts } from '../../functions/adapters/onnx-matrix.ts';
import { createSnapshotStore } from '../../functions/adapters/snapshots.ts';
import type { LatestSnapshot } from '../../functions/core/ports.ts';
import type { ReduceResult } from '../../functions/core/reduce/publish.ts';
import { EXTERNAL } from '../../layers/bundle.ts';
import type { Serverless } from '../../local/stack/serverless.ts';
import { type Stack, startStack } from '../../local/stack/start-stack.ts';
import type { StateEvent } from '../../local/stack/step-functions.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { featurized, portsFor, reduceAsAsked, refused } from '../core/reduce-fixture.ts';
import { fakeServerless } from './fake-serverless.ts';
import { type Faults, TREE } from './faulty-phase.ts';
import { makeFolder } from './folder.ts';

const ROOT = join(import.meta.dirname, '../..');
/** Below the project, where the bundle finds its packages. */
const folder = makeFolder(join(ROOT, 'build'));
const BUCKET = 'test-snapshots';
const MACHINE = 'arn:aws:states:eu-west-1:local:stateMachine:test-reduce';
/** Seven parts in four ranges. */
const PHOTOS = 6 * TREE.partRows + 16;
const GATHERS = 4;
/** Seconds after which the engine gives up on a task; on a busy machine on others too, which then run again. */
const PATIENCE = 10;
/** A busy machine takes minutes. */
const patient = { timeout: 300_000 };

let stack: Stack;
let s3: S3Client;
let stepFunctions: SFNClient;
let dynamodb: DynamoDBClient;
const events: StateEvent[] = [];

/** The stack with the definition that is deployed, but for less patience. */
function service(): Serverless {
  const fake = fakeServerless({ folder, handler: '', environment: { FAULTS: folder } });
  const yaml = readFileSync(join(ROOT, 'functions/stack/reduce-machine.yml'), 'utf8');
  const { ReduceMachine } = parse(yaml, { logLevel: 'error' }).Resources;
  const text = JSON.stringify(ReduceMachine.Properties.Definition)
    .replaceAll(/"MaxConcurrency":"[^"]+"/g, '"MaxConcurrency":3')
    .replaceAll('"TimeoutSeconds":960', `"TimeoutSeconds":${PATIENCE}`)
    .replaceAll('"IntervalSeconds":2', '"IntervalSeconds":1');
  const { Resources } = fake.service.resources!;
  Resources!.ReduceMachine = {
    Type: ReduceMachine.Type,
    Properties: {
      StateMachineName: 'test-reduce',
      Definition: JSON.parse(text),
      DefinitionSubstitutions: { Phase: 'arn:aws:lambda:eu-west-1:local:function:test-phase' },
    },
  };
  Resources!.SnapshotBucket = { Type: 'AWS::S3::Bucket', Properties: { BucketName: BUCKET } };
  const { reduce } = fake.service.functions;
  fake.service.functions.phase = { ...reduce!, name: 'test-phase', handler: 'phase.handler', timeout: 120 };
  return fake;
}

before(async () => {
  await build({
    absWorkingDir: ROOT,
    entryPoints: ['test/local/faulty-phase.ts'],
    outfile: join(folder, 'phase.js'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: EXTERNAL,
    keepNames: true,
    define: { REPORT_CLIENT: '""', 'import.meta.filename': '__filename' },
  });
  const thread = 'parquet-thread.cjs';
  copyFileSync(join(ROOT, 'functions/core/snapshot', thread), join(folder, thread));
  plant({});
  stack = await startStack(service(), false, (event) => events.push(event));
  const common = { region: 'eu-west-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };
  s3 = new S3Client({ ...common, endpoint: stack.endpoints.s3, forcePathStyle: true });
  stepFunctions = new SFNClient({ ...common, endpoint: stack.endpoints.lambda });
  dynamodb = new DynamoDBClient({ ...common, endpoint: stack.endpoints.dynamodb });
  const items = Array.from({ length: PHOTOS }, (_, index) => featurized(index, 8));
  const all = [...items, refused('broken.jpg', 'corrupt')].map((item) => ({
    PutRequest: { Item: toItem(item) },
  }));
  for (let start = 0; start < all.length; start += 25) {
    const RequestItems = { 'test-features': all.slice(start, start + 25) };
    await dynamodb.send(new BatchWriteItemCommand({ RequestItems }));
  }
});

after(async () => {
  for (const client of [s3, stepFunctions, dynamodb]) client.destroy();
  await stack.stop();
});

interface Note {
  what: 'attempt' | 'committed' | 'recorded';
  name?: string;
  run?: string;
  isFirst?: boolean;
  [field: string]: unknown;
}

/** What tasks meet from now on; what was noted of the tasks before is forgotten. */
function plant(faults: Faults): void {
  const path = join(folder, `faults-${Math.random()}`);
  mkdirSync(path);
  writeFileSync(join(folder, 'faults.json'), JSON.stringify({ faults, path }));
  events.length = 0;
}

function notes(): Note[] {
  const { path } = JSON.parse(readFileSync(join(folder, 'faults.json'), 'utf8')) as { path: string };
  const lines = readFileSync(join(path, 'notes.jsonl'), 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Note);
}

async function start(input: object): Promise<string> {
  const command = new StartExecutionCommand({ stateMachineArn: MACHINE, input: JSON.stringify(input) });
  return (await stepFunctions.send(command)).executionArn!;
}

async function end(executionArn: string) {
  for (;;) {
    const execution = await stepFunctions.send(new DescribeExecutionCommand({ executionArn }));
    if (execution.status !== 'RUNNING') return execution;
    await setTimeout(50);
  }
}

async function succeed(input: object): Promise<ReduceResult> {
  const { status, output, cause } = await end(await start(input));
  assert.equal(status, 'SUCCEEDED', cause);
  return JSON.parse(output!) as ReduceResult;
}

async function read(Key: string): Promise<Uint8Array> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
  return (await Body?.transformToByteArray()) ?? new Uint8Array();
}

async function readJson<T>(key: string): Promise<T> {
  return JSON.parse(Buffer.from(await read(key)).toString()) as T;
}

async function keys(Prefix: string): Promise<string[]> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix }));
  return Contents.map(({ Key = '' }) => Key);
}

/** SHA-256 of the parts, of pca.json and of pca.onnx of a snapshot, by name. @throws where its manifest says otherwise */
async function digests({ parts, manifest }: Pick<LatestSnapshot, 'parts' | 'manifest'>) {
  const files = manifest.replace(/[^/]*$/, '');
  const { parts: listed } = await readJson<{ parts: { name: string; sha256: string }[] }>(manifest);
  const stored = await keys(parts);
  assert.deepEqual(
    stored,
    listed.map(({ name }) => `${parts}${name}`),
    'there are no parts but those of the manifest',
  );
  assert.deepEqual(await keys(`${files}_SUCCESS`), [`${files}_SUCCESS`]);
  const all: Record<string, string> = {};
  for (const key of [...stored, `${files}pca.json`, `${files}pca.onnx`]) {
    all[key.slice(key.lastIndexOf('/') + 1)] = createHash('sha256')
      .update(await read(key))
      .digest('hex');
  }
  for (const { name, sha256 } of listed) assert.equal(all[name], sha256);
  return all;
}

let expected: Record<string, string>;

test('one function makes the snapshot that the others are held against', patient, async () => {
  const ports = portsFor(folder, {
    features: createFeatureStore(dynamodb, 'test-features'),
    products: createMatrixProducts(),
    software: `verger ${packageJson.version}`,
    tree: TREE,
    clock: { now: Date.now },
  });
  const snapshots = createSnapshotStore(s3, BUCKET);
  const result = await reduceAsAsked({ ...ports, snapshots }, { components: 3 });
  expected = await digests(result);
  assert.equal(Object.keys(expected).length, 7 + 2);
});

test(
  'the state machine makes the same, to the byte; its tasks answer in at most 100 bytes, and no state in over 256 KB',
  patient,
  async () => {
    plant({});
    const result = await succeed({ components: 3, segments: GATHERS });
    assert.equal(result.current, true);
    assert.deepEqual(result.counts, { used: PHOTOS, refused: { corrupt: 1 }, erased: 0 });
    assert.deepEqual(await digests(result), expected);
    assert.equal((await readJson<LatestSnapshot>('latest.json')).snapshot, result.snapshot);

    const sizes = events
      .filter(({ type, state }) => type === 'StateExited' && state?.output !== undefined)
      .map(({ state }) => ({ name: state!.name, bytes: JSON.stringify(state!.output).length }));
    const most = (names: RegExp) =>
      Math.max(...sizes.filter(({ name }) => names.test(name)).map(({ bytes }) => bytes));
    assert.ok(most(/^(GatherShare|AssembleRange|ProjectRange)$/) <= 100, JSON.stringify(sizes));
    assert.ok(most(/./) < 10_000, 'with thousands of tasks still below 256 KB');
    const tasks = sizes.filter(({ name }) => /Share|Range/.test(name)).length;
    assert.equal(tasks, GATHERS + 4 + 4);
  },
);

test(
  'tasks whose process is killed, that run twice, or answer after their retry has, change nothing: the snapshot is whole and the same',
  patient,
  async () => {
    plant({
      'gather 0': 'killed before it is done',
      'gather 1': 'late',
      'gather 2': 'twice',
      'gather 3': 'killed when it is done',
      'split 0': 'killed before it is done',
      'assemble 0': 'twice',
      'assemble 1': 'killed when it is done',
      'fit 0': 'killed when it is done',
      'project 0': 'late',
      'project 1': 'killed before it is done',
      'project 2': 'twice',
      'publish 0': 'killed when it is done',
    });
    const result = await succeed({ components: 3, segments: GATHERS });
    assert.deepEqual(await digests(result), expected);
    assert.equal((await readJson<LatestSnapshot>('latest.json')).snapshot, result.snapshot);
    const committed = (name: string) =>
      notes().filter((note) => note.what === 'committed' && note.name === name);
    for (const name of ['gather 1', 'project 0']) {
      while (committed(name).length === 0) await setTimeout(50);
      assert.deepEqual(
        committed(name).map(({ isFirst }) => isFirst),
        [false],
        `${name} was late, and not the first to be done`,
      );
    }
    for (const name of ['gather 2', 'assemble 0', 'project 2']) {
      const firsts = committed(name).filter(({ isFirst }) => isFirst);
      assert.ok(firsts.length === 1, `of two attempts at ${name} one counts`);
    }
    assert.deepEqual(await digests(result), expected, 'also after the last of them has ended');
  },
);

test(
  'a task that fails for good ends the execution, is recorded, and leaves the last snapshot current; resumed, only what is missing is done',
  patient,
  async () => {
    const before = await readJson<LatestSnapshot>('latest.json');
    plant({ 'assemble 2': 'fails for good' });
    const failed = await end(await start({ components: 3, segments: GATHERS }));
    assert.equal(failed.status, 'FAILED');
    assert.equal(failed.error, 'ContractBroken');
    assert.match(failed.cause ?? '', /assemble 2 is broken/);
    assert.deepEqual(await readJson('latest.json'), before);
    await digests(before);
    const attempts = notes().filter(({ name }) => name === 'assemble 2');
    assert.equal(attempts.length, 1, 'what cannot be mended is not tried again');
    const [recorded] = notes().filter(({ what }) => what === 'recorded');
    assert.match(JSON.stringify(recorded), /ContractBroken: assemble 2 is broken/);

    const run = attempts[0]!.run!;
    const done = await keys(`work/${run}/`);
    plant({});
    const result = await succeed({ resume: run });
    assert.equal(result.snapshot, run);
    assert.deepEqual(await digests(result), expected);
    const gathered = (all: string[]) => all.filter((key) => key.includes('/gather/'));
    assert.deepEqual(gathered(await keys(`work/${run}/`)), gathered(done), 'the table is not read again');
  },
);

test(
  'of two executions at once each makes a whole snapshot, and the one that began last is current',
  patient,
  async () => {
    plant({});
    const executions = await Promise.all([
      start({ components: 3, segments: 2 }),
      start({ components: 3, segments: 3 }),
    ]);
    const results: ReduceResult[] = [];
    for (const { status, output, cause } of await Promise.all(executions.map(end))) {
      assert.equal(status, 'SUCCEEDED', cause);
      results.push(JSON.parse(output!) as ReduceResult);
    }
    for (const result of results) assert.deepEqual(await digests(result), expected);
    const last = results.map(({ snapshot }) => snapshot).sort()[1];
    assert.equal((await readJson<LatestSnapshot>('latest.json')).snapshot, last);
  },
);

test('a run that is not known, and options that are not, are refused at once', patient, async () => {
  for (const [input, message] of [
    [{ resume: '20200101T000000.000Z-none' }, /no work files of a run 20200101T000000\.000Z-none/],
    [{ resume: '../latest' }, /resume is "\.\.\/latest"/],
    [{ components: 0 }, /components is 0/],
  ] as const) {
    plant({});
    const { status, error, cause } = await end(await start(input));
    assert.deepEqual([status, error], ['FAILED', 'InvalidRequest']);
    assert.match(cause ?? '', message);
    assert.equal(notes().filter(({ what }) => what === 'attempt').length, 1);
  }
});
