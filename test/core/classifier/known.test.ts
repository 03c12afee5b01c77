import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addClassRows, emptyClassSums, type Label } from '../../../functions/core/classifier/class-sums.ts';
import { encodeKnown, fitKnown, type Known } from '../../../functions/core/classifier/known.ts';
import { decodeIndex } from '../../../functions/core/classifier/neighbour-index.ts';
import { plainMatrixProducts as products } from '../../../functions/core/pca/matrix.ts';
import { addRows, emptyMoments } from '../../../functions/core/pca/moments.ts';

/** Four photos each of a and b, two of c, which are too few, and two in no folder. */
const labels: Label[] = ['a', 'b', 'a', 'b', 'c', null, 'a', 'b', 'a', 'b', 'c', null];
const features = Float32Array.from(
  labels.flatMap((label, row) => [
    Number(label === 'a'),
    Number(label === 'b'),
    label === 'c' ? 1 : 0.01 * row,
  ]),
);
const rows = labels.map((label, row) => ({ key: `${label}/${row}`, label, etag: '' }));

async function known(): Promise<Known> {
  const [moments, sums] = [emptyMoments('m', 3), emptyClassSums(3)];
  await addRows(moments, features, labels.length, products);
  addClassRows(sums, labels, features);
  const fit = await fitKnown(moments, sums, products);
  assert.ok(!('none' in fit));
  return fit;
}

test('a classifier is tried with the photos of its own labels, each by its label, and with no others', async () => {
  const { described, files } = await encodeKnown(await known(), { rows, features }, 's', products);
  assert.ok(!('none' in described));
  assert.deepEqual([described.labels, described.index], [2, { rows: 12, width: 3 }]);
  assert.deepEqual(
    described.validation.map(({ rows, accuracy }) => [rows, accuracy]),
    [
      [8, 1],
      [8, 1],
    ],
  );
  const index = decodeIndex(files['index.bin']!);
  assert.deepEqual(
    index.keys.map((key, row) => [key, index.labels[row]]),
    rows.map(({ key, label }) => [key, label]),
  );
});

test('where few directions are kept, the index has them, and rows as they lie along them', async () => {
  const basis = Float64Array.of(0, 1, 1, 0, 0, 0);
  const { described, files } = await encodeKnown(
    { ...(await known()), basis },
    { rows, features },
    's',
    products,
  );
  assert.deepEqual('index' in described && described.index, { rows: 12, width: 2 });
  const index = decodeIndex(files['index.bin']!);
  assert.deepEqual([index.width, index.basis], [2, Float32Array.from(basis)]);
  assert.deepEqual(index.vectors.slice(0, 4), Float32Array.of(0, 1, 1, 0));
});
