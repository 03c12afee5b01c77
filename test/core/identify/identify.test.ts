import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvalidRequest, ModelMismatch, Refusal } from '../../../functions/core/errors.ts';
import { type IdentifyPorts, identifyPhoto } from '../../../functions/core/identify/identify.ts';
import { NothingKnown, newestKnowledge } from '../../../functions/core/identify/knowledge.ts';
import { parseViews, viewsOf } from '../../../functions/core/identify/views.ts';
import type { Pixels } from '../../../functions/core/ports.ts';
import { CALIBRATION, FakeSnapshots, knowledgePorts, MODEL } from './identify-fixture.ts';

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
  assert.deepEqual(pixel(mirror, 0, 3), pixel(photo, 4, 3));
  assert.deepEqual(pixel(topRight, 3, 0), pixel(photo, 4, 0));
  assert.deepEqual(pixel(bottomRight, 3, 7), pixel(photo, 4, 9));
  assert.deepEqual(pixel(middle, 0, 0), pixel(photo, 0, 1));
  assert.deepEqual([...viewsOf({ data, width, height }, 1)], [photo]);
  assert.deepEqual([parseViews(undefined), parseViews('7')], [1, 7]);
  assert.throws(() => parseViews('2'), new InvalidRequest('views should be 1 or 7, is 2'));
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
  assert.deepEqual(warnings, ['identify-keeps-older-snapshot']);
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

test('a snapshot of another model is refused, by both names', async () => {
  const snapshots = new FakeSnapshots();
  await snapshots.publish('first', 'other@ba9876543210');
  const { ports } = knowledgePorts(snapshots);
  await assert.rejects(newestKnowledge(ports, model)(), (error: Error) => {
    assert.ok(error instanceof ModelMismatch);
    return error.message.includes('other@ba9876543210') && error.message.includes(MODEL);
  });
});

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
