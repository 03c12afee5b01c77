import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeIndex, encodeIndex, toVectors } from '../../../functions/core/classifier/neighbour-index.ts';
import { ContractBroken, InvalidRequest, ModelMismatch, Refusal } from '../../../functions/core/errors.ts';
import { answerFor, type IdentifyPorts, identifyPhoto } from '../../../functions/core/identify/identify.ts';
import { type Knowledge, NothingKnown, newestKnowledge } from '../../../functions/core/identify/knowledge.ts';
import { parseViews, viewsOf } from '../../../functions/core/identify/views.ts';
import { plainMatrixProducts } from '../../../functions/core/pca/matrix.ts';
import type { Pixels } from '../../../functions/core/ports.ts';
import { CALIBRATION, FakeSnapshots, knowledgePorts, MODEL, snapshotFiles } from './identify-fixture.ts';

const model = async () => MODEL;

test('a photo of a known kind is answered with its label, confidence, candidates and nearest photos', async () => {
  const found = await identifyPhoto(await portsFor([9, 1, 1]), Uint8Array.of(1));
  assert.equal(found.answer, 'Apple');
  assert.equal(found.known, true);
  assert.equal(found.confidence, found.candidates[0]?.probability);
  assert.ok(found.confidence > 0.9, `${found.confidence}`);
  assert.deepEqual(found.candidates.map(({ label }) => label)[0], 'Apple');
  assert.ok(Math.abs(found.candidates.reduce((sum, { probability }) => sum + probability, 0) - 1) < 1e-6);
  assert.equal(found.neighbours.length, 5);
  const [nearest] = found.neighbours;
  assert.deepEqual([nearest?.key, nearest?.label], ['Apple/0.jpg', 'Apple']);
  assert.ok(nearest && nearest.similarity > 0.999);
  assert.deepEqual([found.model, found.snapshot], [MODEL, 'first']);
  assert.deepEqual(Object.keys(found.milliseconds), ['snapshot', 'decode', 'features', 'identify']);
});

test('a photo between two kinds is one of several', async () => {
  const unsure = await identifyPhoto(
    await portsFor([7, 6.9, 1], { confidence: 0.7, similarity: 0.5 }),
    Uint8Array.of(1),
  );
  assert.deepEqual([unsure.answer, unsure.known], [null, true]);
  assert.deepEqual(
    unsure.candidates.map(({ label }) => label),
    ['Apple', 'Kiwi', 'Plum'],
  );
});

test('a photo like none that is stored is not known, and its neighbours are told all the same', async () => {
  const found = await identifyPhoto(await portsFor([-5, -5, -5]), Uint8Array.of(1));
  assert.deepEqual([found.answer, found.known, found.neighbours.length], [null, false, 5]);
});

test('of seven views the answers are averaged, and the most similar neighbours told once each', async () => {
  const seen: Pixels[] = [];
  const ports = await portsFor([9, 1, 1]);
  const features = [[9, 1, 1], [1, 9, 1], ...Array.from({ length: 5 }, () => [9, 1, 1])];
  const session = {
    ...ports.session,
    async run(pixels: Pixels) {
      seen.push(pixels);
      return Float32Array.from(features[seen.length - 1]!);
    },
  };
  const found = await identifyPhoto({ ...ports, session }, Uint8Array.of(1), 7);
  assert.equal(seen.length, 7);
  const one = await identifyPhoto(ports, Uint8Array.of(1));
  assert.ok(Math.abs(found.confidence - (6 * one.confidence + 0.01) / 7) < 0.02, `${found.confidence}`);
  assert.equal(new Set(found.neighbours.map(({ key }) => key)).size, 5);
});

test('views are the photo, its mirror image, and five crops of four fifths', () => {
  const [width, height] = [5, 10];
  const data = Uint8Array.from({ length: width * height * 3 }, (_, at) => at);
  const views = [...viewsOf({ data, width, height }, 7)];
  assert.deepEqual(
    views.map((view) => [view.width, view.height]),
    [[5, 10], [5, 10], ...Array(5).fill([4, 8])],
  );
  const pixel = ({ data, width }: Pixels, x: number, y: number) => [
    ...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3),
  ];
  const [photo, mirror, , topRight, , bottomRight, middle] = views as [
    Pixels,
    Pixels,
    Pixels,
    Pixels,
    Pixels,
    Pixels,
    Pixels,
  ];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) assert.deepEqual(pixel(mirror, x, y), pixel(photo, width - 1 - x, y));
  assert.deepEqual(pixel(topRight, 3, 0), pixel(photo, 4, 0));
  assert.deepEqual(pixel(bottomRight, 3, 7), pixel(photo, 4, 9));
  assert.deepEqual(pixel(middle, 0, 0), pixel(photo, 0, 1));
  assert.deepEqual([...viewsOf({ data, width, height }, 1)], [photo]);
  assert.deepEqual([parseViews(undefined), parseViews('7')], [1, 7]);
  assert.throws(() => parseViews('2'), new InvalidRequest('views should be 1 or 7, is 2'));
});

test('the likeliest five labels and the five most similar photos are told, best first, of whichever view', async () => {
  const labels = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  // Cosines to (1, 0): 0, 0.1, … 0.6 in no order; to (0, 1), the second view: those of the other leg.
  const cosines = [0.2, 0.5, 0, 0.6, 0.3, 0.1, 0.4];
  const knowledge = await knowledgeOf(
    labels,
    cosines.flatMap((cosine) => [cosine, Math.sqrt(1 - cosine * cosine)]),
  );
  const one = await answerFor(knowledge, [Float32Array.of(1, 0)]);
  assert.deepEqual(
    one.candidates.map(({ label }) => label),
    ['d', 'b', 'g', 'e', 'a'],
  );
  assert.deepEqual(
    one.neighbours.map(({ label }) => label),
    ['d', 'b', 'g', 'e', 'a'],
  );
  assert.ok(Math.abs(one.neighbours[0]!.similarity - 0.6) < 1e-3);

  const views = [Float32Array.of(0, 1), Float32Array.of(1, 0)];
  const both = await answerFor(knowledge, views);
  assert.deepEqual(
    both.neighbours.map(({ label }) => label),
    ['c', 'f', 'a', 'e', 'g'],
  );
  assert.deepEqual(
    both.neighbours,
    (await answerFor(knowledge, views.reverse())).neighbours,
    'the more similar view of a photo counts, in whatever order they come',
  );
});

test('a photo exactly at a threshold is known, and its answer sure', async () => {
  const ports = await portsFor([9, 1, 1]);
  const { confidence, neighbours } = await identifyPhoto(ports, Uint8Array.of(1));
  const similarity = neighbours[0]!.similarity;
  const at = await identifyPhoto(await portsFor([9, 1, 1], { confidence, similarity }), Uint8Array.of(1));
  assert.deepEqual([at.answer, at.known], ['Apple', true]);
  const above = await portsFor([9, 1, 1], { confidence: confidence + 1e-9, similarity });
  assert.deepEqual((await identifyPhoto(above, Uint8Array.of(1))).answer, null);
});

test('features of a view are kept apart from those of the next, though a session answers in one buffer', async () => {
  const ports = await portsFor([9, 1, 1]);
  const buffer = new Float32Array(3);
  let turn = 0;
  const session = {
    ...ports.session,
    async run() {
      buffer.set(turn++ === 0 ? [1, 9, 1] : [9, 1, 1]);
      return buffer;
    },
  };
  const found = await identifyPhoto({ ...ports, session }, Uint8Array.of(1), 7);
  const one = await identifyPhoto(ports, Uint8Array.of(1));
  assert.ok(Math.abs(found.confidence - (6 * one.confidence + 0.01) / 7) < 0.02, `${found.confidence}`);
});

test('a photo that is refused is refused, whatever is known', async () => {
  const ports = await portsFor([1, 1, 1]);
  const decode = async () => {
    throw new Refusal('corrupt', 'The JPEG is damaged.');
  };
  await assert.rejects(identifyPhoto({ ...ports, decode }, Uint8Array.of(1)), Refusal);
});

test('the newest snapshot is read once, and a newer one looked for at most once a minute', async () => {
  const snapshots = new FakeSnapshots();
  await snapshots.publish('first');
  let now = 0;
  const { ports, warnings } = knowledgePorts(snapshots, { now: () => now });
  const knowledge = newestKnowledge(ports, model);
  const files = ['classifier.onnx', 'index.bin', 'manifest.json'];
  const [a, b] = await Promise.all([knowledge(), knowledge()]);
  assert.equal(a, b);
  assert.deepEqual(snapshots.asked.splice(0), ['latest', ...files]);

  now = 59_999;
  await snapshots.publish('second');
  assert.equal(await knowledge(), a);
  assert.deepEqual(snapshots.asked.splice(0), []);

  now = 60_000;
  assert.equal((await knowledge()).facts.snapshot, 'second');
  assert.deepEqual(snapshots.asked.splice(0), ['latest first', ...files]);

  now = 120_000;
  assert.equal((await knowledge()).facts.snapshot, 'second');
  assert.deepEqual(snapshots.asked.splice(0), ['latest second']);

  now = 180_000;
  snapshots.broken = new Error('S3 is away');
  assert.equal((await knowledge()).facts.snapshot, 'second', 'what is known stays');
  assert.deepEqual(warnings, [['identify-keeps-older-snapshot', { snapshot: 'second', why: 'S3 is away' }]]);
  now += 59_999;
  await knowledge();
  assert.equal(snapshots.asked.splice(0).length, 1, 'nor is a store that is away asked more often');
});

test('where nothing is known yet it is said what to do, and tried again at once', async () => {
  const snapshots = new FakeSnapshots();
  const { ports } = knowledgePorts(snapshots);
  const knowledge = newestKnowledge(ports, model);
  await assert.rejects(knowledge(), (error: Error) => {
    assert.ok(error instanceof NothingKnown);
    assert.equal(error.code, 'NOTHING_KNOWN');
    return /^there is no snapshot yet, .* invoke reduce$/.test(error.message);
  });
  await snapshots.publish('first');
  assert.equal((await knowledge()).facts.snapshot, 'first');
});

test('a snapshot without a classifier says why it has none', async () => {
  const snapshots = new FakeSnapshots();
  await snapshots.publish('first');
  const why = 'it takes 2 labels with at least 3 photos each, and no label has';
  const manifest = Buffer.from(JSON.stringify({ classifier: { none: why } }));
  snapshots.current!.files = { 'manifest.json': manifest };
  const { ports } = knowledgePorts(snapshots);
  await assert.rejects(
    newestKnowledge(ports, model)(),
    new NothingKnown(`snapshot first has no classifier: ${why}`),
  );
  snapshots.current!.files = { 'manifest.json': Buffer.from('{}') };
  await assert.rejects(
    newestKnowledge(ports, model)(),
    /made before Verger could identify photos; invoke reduce/,
  );
});

test('a snapshot with a classifier but without an index, or the other way round, has nothing to answer from', async () => {
  for (const missing of ['classifier.onnx', 'index.bin']) {
    const snapshots = new FakeSnapshots();
    await snapshots.publish('first');
    snapshots.current!.files[missing] = undefined;
    const { ports } = knowledgePorts(snapshots);
    await assert.rejects(newestKnowledge(ports, model)(), NothingKnown, missing);
  }
});

test('a classifier or an index of another model than the snapshot says is a broken contract', async () => {
  const others = await snapshotFiles('first', 'other@ba9876543210');
  for (const name of ['classifier.onnx', 'index.bin']) {
    const snapshots = new FakeSnapshots();
    await snapshots.publish('first');
    snapshots.current!.files[name] = others[name];
    const { ports } = knowledgePorts(snapshots);
    await assert.rejects(newestKnowledge(ports, model)(), (error: Error) => {
      assert.ok(error instanceof ContractBroken);
      return /^the files of snapshot first are of .*, not test@0123456789ab$/.test(error.message);
    });
  }
});

test('a snapshot of another model is refused, by both names', async () => {
  const snapshots = new FakeSnapshots();
  await snapshots.publish('first', 'other@ba9876543210');
  const { ports } = knowledgePorts(snapshots);
  await assert.rejects(newestKnowledge(ports, model)(), (error: Error) => {
    assert.ok(error instanceof ModelMismatch);
    return (
      error.message ===
      `snapshot first has features of other@ba9876543210, and photos are asked about with ${MODEL}: ` +
        'set MODEL to that model, or run backfill and reduce with this one'
    );
  });
});

/** Photos with two features each, one a label; a label is as likely as its photo is similar, up to their sum. */
async function knowledgeOf(labels: string[], features: number[]): Promise<Knowledge> {
  const snapshots = new FakeSnapshots();
  await snapshots.publish('first');
  const { facts } = await newestKnowledge(knowledgePorts(snapshots).ports, model)();
  const vectors = await toVectors(
    Float32Array.from(features),
    labels.length,
    2,
    undefined,
    plainMatrixProducts,
  );
  const keys = labels.map((label) => `${label}/1.jpg`);
  const index = decodeIndex(encodeIndex({ model: MODEL, dimension: 2, width: 2, keys, labels, vectors }));
  const classify = async ([x = 0, y = 0]: Float32Array) =>
    Float32Array.from(labels, (_, at) => x * features[2 * at]! + y * features[2 * at + 1]!);
  return { facts: { ...facts, labels }, index, classify };
}

/** @param thresholds if not the fixture's */
async function portsFor(features: number[], thresholds = CALIBRATION.thresholds): Promise<IdentifyPorts> {
  const snapshots = new FakeSnapshots();
  await snapshots.publish('first');
  const { ports } = knowledgePorts(snapshots);
  const knowledge = await newestKnowledge(ports, model)();
  knowledge.facts.thresholds = thresholds;
  const pixels = { data: new Uint8Array(75), width: 5, height: 5 };
  return {
    session: { model: MODEL, dimension: 3, run: async () => Float32Array.from(features) },
    decode: async () => ({ pixels, format: 'jpeg' }),
    limits: { maxBytes: 100, maxPixels: 100 },
    clock: ports.clock,
    knowledge: async () => knowledge,
  };
}
