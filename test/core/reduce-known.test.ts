/** What a reduce finds out for identify: a classifier, an index of neighbours, and what the manifest says of them. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createMatrixProducts } from '../../functions/adapters/onnx-matrix.ts';
import { addClassRows, emptyClassSums } from '../../functions/core/classifier/class-sums.ts';
import { fitClassifier } from '../../functions/core/classifier/classifier.ts';
import { classifierFacts, encodeClassifierOnnx } from '../../functions/core/classifier/classifier-onnx.ts';
import { decodeIndex, nearest } from '../../functions/core/classifier/neighbour-index.ts';
import { decodeModelMetadata } from '../../functions/core/onnx/onnx-graph.ts';
import { addRows, emptyMoments } from '../../functions/core/pca/moments.ts';
import { featurized, MODEL, portsFor, reduceAsAsked, tableOf } from './reduce-fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'verger-test-'));
after(() => rmSync(folder, { recursive: true }));
const products = createMatrixProducts(1);
const D = 12;

const photos = Array.from({ length: 300 }, (_, index) => featurized(index, D));

test('a snapshot has the classifier of all its rows, described in the manifest and in its metadata', async () => {
  const ports = portsFor(folder, { features: tableOf(photos), products });
  const { manifest, snapshot, classifier: told } = await reduceAsAsked(ports, {});
  assert.deepEqual(told, { labels: 5 });
  const file = (name: string) => ports.snapshots.files.get(manifest.replace('manifest.json', name));
  const onnx = file('classifier.onnx');
  assert.ok(onnx);
  const facts = classifierFacts(decodeModelMetadata(onnx));
  assert.deepEqual(facts.labels, ['Kind 0', 'Kind 1', 'Kind 2', 'Kind 3', 'Kind 4']);
  assert.deepEqual([facts.model, facts.snapshot, facts.lambda], [MODEL, snapshot, 0.1]);
  const { labels, lambda, index, ...calibration } = JSON.parse(
    Buffer.from(file('manifest.json')!).toString(),
  ).classifier;
  assert.deepEqual([labels, lambda], [5, 0.1]);
  assert.deepEqual(calibration, {
    temperature: facts.temperature,
    thresholds: facts.thresholds,
    validation: facts.validation,
  });
  assert.deepEqual(index, { rows: 300, width: D });
  assert.match(facts.validation[0]?.halves ?? '', /^contiguous halves of each label in natural key order$/);

  // The same classifier, fitted to all rows at once.
  const rows = photos.toSorted((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
  const features = new Float32Array(rows.flatMap((row) => [...row.features]));
  const moments = emptyMoments(MODEL, D);
  await addRows(moments, features, rows.length, products);
  const sums = emptyClassSums(D);
  addClassRows(
    sums,
    rows.map(({ label }) => label ?? null),
    features,
  );
  const fit = await fitClassifier(moments, sums, products);
  assert.ok('classifier' in fit);
  const direct = encodeClassifierOnnx(fit.classifier, { ...calibration }, snapshot);
  assert.equal(direct.length, onnx.length);
  let apart = 0;
  for (const [at, byte] of onnx.entries()) if (byte !== direct[at]) apart++;
  assert.ok(apart <= 20, `${apart} bytes differ: last digits of float32`);
});

test('of a model whose training is known, manifest and metadata say how many of the photos it has learned', async () => {
  const prefix = (etag: string) => Number.parseInt(etag.slice(0, 8), 16);
  const labelled = photos.filter(({ label }) => label !== undefined);
  for (const [known, asked] of [
    [labelled.slice(0, 40), 'photos of this snapshot'],
    [labelled.slice(0, 250), 'photos of the training'],
  ] as const) {
    const calibration = { temperature: 0.123, confidence: 0.4, validation: [] };
    const prefixes = new Set(known.map(({ etag }) => prefix(etag)));
    const learnedBy = (model: string) => (model === MODEL ? [{ prefixes, calibration }] : undefined);
    const ports = { ...portsFor(folder, { features: tableOf(photos), products }), learnedBy };
    const { manifest } = await reduceAsAsked(ports, {});
    const { classifier } = JSON.parse(Buffer.from(ports.snapshots.files.get(manifest)!).toString());
    const onnx = ports.snapshots.files.get(manifest.replace('manifest.json', 'classifier.onnx'))!;
    const facts = classifierFacts(decodeModelMetadata(onnx));
    for (const told of [classifier, facts]) {
      assert.deepEqual(told.learned, { photos: known.length, asked });
      assert.equal(told.temperature === 0.123, asked === 'photos of the training');
    }
  }
});

test('the index finds each stored photo as its own nearest neighbour, photos without a label too', async () => {
  const ports = portsFor(folder, { features: tableOf(photos), products });
  const { manifest } = await reduceAsAsked(ports, {});
  const index = decodeIndex(ports.snapshots.files.get(manifest.replace('manifest.json', 'index.bin'))!);
  assert.equal(index.keys.length, 300);
  for (const { key, label, features } of photos) {
    const [first] = nearest(index, features, 1);
    assert.deepEqual([first?.key, first?.label], [key, label ?? null]);
  }
});

for (const [what, table, why] of [
  [
    'photos of one label',
    photos.filter(({ label }) => label === 'Kind 1'),
    /^it takes 2 labels .* and only Kind 1 has$/,
  ],
  [
    'photos in no folder',
    photos.filter(({ label }) => label === undefined),
    /^it takes 2 labels .* and no label has$/,
  ],
] as const) {
  test(`${what} make a snapshot without a classifier, and a line why`, async () => {
    const ports = portsFor(folder, { features: tableOf([...table]), products });
    const { manifest, classifier } = await reduceAsAsked(ports, {});
    assert.ok('none' in classifier);
    assert.match(classifier.none, why);
    const files = [...ports.snapshots.files.keys()].join();
    assert.doesNotMatch(files, /classifier\.onnx|index\.bin/);
    assert.deepEqual(
      JSON.parse(Buffer.from(ports.snapshots.files.get(manifest)!).toString()).classifier,
      classifier,
    );
  });
}
