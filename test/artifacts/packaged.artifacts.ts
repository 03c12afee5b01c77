/** The packages for this machine's processor, run as Lambda runs them, do what the source tree does. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Identification } from '../../functions/core/identify/identify.ts';
import { functionNames } from '../../layers/functions.ts';
import type { Architecture } from '../../layers/runtime-libraries.ts';
import { s3Event } from '../../local/stack/s3/s3-event.ts';
import { type Deployment, deploy, SOURCE, sourceFillers } from './deployment.ts';
import { ask, fillTable, httpEvent, readTable, reduceByPhases, reduceTable } from './job.ts';
import { formatTimes, measureStarts, onOneCore } from './measure-starts.ts';
import { gatherPhotos } from './photos.ts';
import { fetchNode } from './runtime-packages.ts';
import { REGION } from './template.ts';

const architecture = ({ x64: 'x86_64', arm64: 'arm64' } as Record<string, Architecture>)[process.arch]!;
const skip = process.platform === 'linux' && architecture ? false : 'needs Linux on x64 or arm64';

/** Lambda stops a function that is not ready after ten seconds. */
const MOST_INIT = 10_000;

suite(`the packages for ${architecture}`, { skip }, () => {
  let deployment: Deployment;
  let node: string;

  before(async () => {
    node = await fetchNode(architecture);
    deployment = await deploy(architecture, [node], await gatherPhotos());
  });
  after(() => deployment?.stop());

  test('hold every function, for the runtime that they are tested on', () => {
    const { functions } = deployment;
    assert.deepEqual([...functions.keys()].sort(), functionNames().sort());
    for (const { runtime } of functions.values()) assert.equal(runtime, 'nodejs24.x');
  });

  test('say, by identify, that there is no snapshot yet, and serve its page', async () => {
    const { invoke, photo } = deployment;
    const { statusCode, body } = await ask(invoke, photo);
    assert.deepEqual([statusCode, body.reason], [503, 'no-snapshot']);
    const page = (await invoke('identify', httpEvent('GET', '/'))) as { statusCode: number; body: string };
    assert.equal(page.statusCode, 200);
    assert.match(page.body, /<h1 data-says="title">/);
  });

  test('leave, by featurize, erase and backfill, the items that the source tree leaves', async (t) => {
    const { told, services, invoke, table } = deployment;
    const filled = await fillTable(invoke, told, services);
    const expected = await fillTable(await sourceFillers(deployment), told, services);
    assert.deepEqual(filled, expected);
    assert.equal(filled.state, 'done');
    assert.ok(filled.sent > 0);

    const items = await readTable(table);
    const count = (kind: string) => [...items.values()].filter((item) => item.kind === kind).length;
    t.diagnostic(`${count('featurized')} featurized, ${count('refused')} refused, ${count('erased')} erased`);
    assert.ok(count('featurized') > 20 && count('refused') >= 1 && count('erased') === 1);
    assert.deepEqual(items, await readTable(SOURCE.table));
  });

  test('write, by reduce, the snapshot of the source tree to the byte, and leave no temporary file', async () => {
    const { invoke, table, snapshots, lambdas, source } = deployment;
    const { result, files } = await reduceTable(invoke, snapshots);
    const reduce = await source('reduce', {
      FEATURES_TABLE: table,
      SNAPSHOT_BUCKET: SOURCE.bucket,
      SNAPSHOT_DAYS: '90',
    });
    const expected = await reduceTable((_, event) => reduce(event), SOURCE.bucket);
    assert.deepEqual(files, expected.files);
    assert.deepEqual(result.explainedVarianceRatio, expected.result.explainedVarianceRatio);
    assert.ok(files.has('part-00000.parquet') && files.has('_SUCCESS'));
    assert.deepEqual(lambdas.get('reduce')!.temporaryFiles(), []);
  });

  test('write, by each phase of the state machine, what reduce writes, to the byte, and leave no temporary file', async () => {
    const { invoke, snapshots, lambdas } = deployment;
    const expected = await reduceTable(invoke, snapshots);
    const { result, files } = await reduceTable(
      (_, event) => reduceByPhases(invoke, event as object),
      snapshots,
    );
    assert.deepEqual(files, expected.files);
    assert.equal(result.current, true);
    assert.deepEqual(lambdas.get('phase')!.temporaryFiles(), []);
  });

  test('answer a photo, by identify, as the source tree does from the same snapshot', async (t) => {
    const { invoke, snapshots, source, photo, lambdas } = deployment;
    const identify = await source('identify', { SNAPSHOT_BUCKET: snapshots });
    for (const query of ['', 'views=7']) {
      const [answer, expected] = await Promise.all([
        ask(invoke, photo, query),
        ask((_, event) => identify(event), photo, query),
      ]);
      assert.equal(answer.statusCode, 200, JSON.stringify(answer.body));
      assert.deepEqual({ ...answer.body, milliseconds: 0 }, { ...expected.body, milliseconds: 0 });
      const { candidates, neighbours } = answer.body as unknown as Identification;
      t.diagnostic(`${query || 'one view'}: ${candidates[0]?.label}, like ${neighbours[0]?.key}`);
      assert.ok(neighbours[0]!.similarity > 0.999, 'the photo is one of those in the snapshot');
    }
    assert.deepEqual(lambdas.get('identify')!.temporaryFiles(), []);
  });

  test('need less memory than they are given', (t) => {
    for (const [key, lambda] of deployment.lambdas) {
      const peak = lambda.peakMemory() / 1024 ** 2;
      const { memory } = deployment.definition(key);
      t.diagnostic(`${key}: at most ${Math.ceil(peak)} MB of ${memory} MB`);
      assert.ok(peak < memory, `${key} held ${peak} MB`);
    }
  });

  test('are ready within the time that Lambda gives them, on one core', async (t) => {
    const { functions, told, start } = deployment;
    for (const key of functions.keys()) {
      const photo = key === 'featurize' ? s3Event(told.created[1]!, REGION) : undefined;
      const times = await measureStarts(() => start(key, { node: onOneCore(node) }), photo);
      t.diagnostic(`${key}: ${formatTimes(times)}`);
      assert.ok(times.init! < MOST_INIT, `${key} took ${times.init} ms`);
    }
  });

  const needed: [string, string, RegExp][] = [
    ['featurize', 'NativeLambdaLayer', /Cannot find module '(sharp|onnxruntime-node)'/],
    ['featurize', 'ModelLambdaLayer', /cannot (read|load) the model .*\.onnx/],
    ['reduce', 'NativeLambdaLayer', /Cannot find module '(onnxruntime-node|parquet-wasm\/node)'/],
    ['identify', 'NativeLambdaLayer', /Cannot find module '(sharp|onnxruntime-node)'/],
    ['identify', 'ModelLambdaLayer', /cannot (read|load) the model .*\.onnx/],
  ];
  for (const [key, layer, message] of needed) {
    test(`fail, as ${key} does without its ${layer}, and say what is missing`, async () => {
      const lambda = await deployment.start(key, { without: [layer] });
      const photo = httpEvent('POST', '/identify', deployment.photo);
      await assert.rejects(
        lambda.ready.then(() => lambda.invoke(key === 'identify' ? photo : { Event: 's3:TestEvent' })),
        message,
      );
      await lambda.stop();
    });
  }
});
