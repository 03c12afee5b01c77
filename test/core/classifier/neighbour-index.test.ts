import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMatrixProducts } from '../../../functions/adapters/onnx-matrix.ts';
import { mainDirections } from '../../../functions/core/classifier/directions.ts';
import { fromFloat16, toFloat16 } from '../../../functions/core/classifier/float16.ts';
import {
  decodeIndex,
  encodeIndex,
  nearest,
  type OpenIndex,
  openIndex,
  toVectors,
  widthOf,
} from '../../../functions/core/classifier/neighbour-index.ts';
import { placeRows, roughness } from '../../../functions/core/classifier/rough-products.ts';
import { ContractBroken } from '../../../functions/core/errors.ts';
import { addRows, emptyMoments } from '../../../functions/core/pca/moments.ts';
import { seeded } from '../../../functions/core/seeded.ts';
import { orthonormalityError, randomRows, transposed } from '../numbers.ts';

const products = createMatrixProducts(1);

test('halves are rounded as IEEE 754 says, and read back', () => {
  const cases: [number, number, number][] = [
    [0, 0, 0],
    [-0, 0x8000, -0],
    [1, 0x3c00, 1],
    [-2.5, 0xc100, -2.5],
    [65504, 0x7bff, 65504],
    [65520, 0x7c00, Number.POSITIVE_INFINITY],
    [1e30, 0x7c00, Number.POSITIVE_INFINITY],
    [2 ** -24, 1, 2 ** -24],
    [2 ** -25, 0, 0], // half of the smallest, to even
    [2 ** -15, 0x0200, 2 ** -15],
    [1e-12, 0, 0],
    [1 + 2 ** -11, 0x3c00, 1], // a tie, to even
    [1 + 3 * 2 ** -11, 0x3c02, 1 + 2 ** -9],
    [0.1, 0x2e66, 0.0999755859375],
    [Number.NEGATIVE_INFINITY, 0xfc00, Number.NEGATIVE_INFINITY],
  ];
  const halves = toFloat16(Float32Array.from(cases, ([value]) => value));
  assert.deepEqual(
    [...halves],
    cases.map(([, half]) => half),
  );
  assert.deepEqual(
    [...fromFloat16(halves)],
    cases.map(([, , value]) => value),
  );
  assert.ok(Number.isNaN(fromFloat16(toFloat16(Float32Array.of(Number.NaN)))[0]));
});

test('between each two halves, the middle goes to the even one, and what is a little off it to the nearer', () => {
  const halves = Uint16Array.from({ length: 0x7bff }, (_, half) => half); // 0 … 65,472
  const [lower, upper] = [fromFloat16(halves), fromFloat16(halves.map((half) => half + 1))];
  const middles = lower.map((value, at) => (value + upper[at]!) / 2);
  const bits = new Uint32Array(middles.buffer);
  const shifted = (by: number) => toFloat16(new Float32Array(bits.map((word) => word + by).buffer));
  assert.deepEqual(
    toFloat16(middles),
    halves.map((half) => half + (half & 1)),
  );
  assert.deepEqual(
    shifted(1),
    halves.map((half) => half + 1),
  );
  assert.deepEqual(shifted(-1), halves);
});

test('a product is off by at most the share that is told, whatever room the rows leave in memory', () => {
  assert.equal(roughness(48), 2 ** -18);
  // Rows that leave 7,664 bytes of a page of memory, and 80,000 of products.
  const [n, w] = [20_000, 4];
  const rows = Float32Array.from(randomRows(n, w, 2));
  const found = placeRows(rows, w).productsWith(Float32Array.of(0.5, 0.5, 0.5, 0.5));
  for (let row = 0; row < n; row++) {
    const product = rows.subarray(row * w, row * w + w).reduce((sum, value) => sum + value / 2, 0);
    // Rows have a length of at most some 6.
    assert.ok(Math.abs(found[row]! - product) < 10 * roughness(w));
  }
});

test('all features are kept of few photos, some directions of many', () => {
  assert.deepEqual(
    [1, 2500, 2501, 25_000, 25_001, 50_000].map((n) => widthOf(n, 1280)),
    [1280, 1280, 128, 128, 64, 64],
  );
  assert.equal(widthOf(50_000, 3), 3);
});

test('the nearest photos are those of the largest cosine, nearest first, of equal ones the first', async () => {
  const n = 300;
  const d = 40;
  const rows = Float32Array.from(randomRows(n, d, 3, 0.5));
  rows.copyWithin(7 * d, 200 * d, 201 * d); // photo 7 is photo 200
  const index = await indexOf(rows, n, d);
  const asked = Float32Array.from(randomRows(1, d, 4, 0.5));
  const cosines = Array.from({ length: n }, (_, row) => cosine(asked, rows.subarray(row * d, (row + 1) * d)));
  const expected = cosines
    .map((similarity, row) => ({ row, similarity }))
    .sort((a, b) => b.similarity - a.similarity || a.row - b.row);
  const found = nearest(index, asked, 5);
  assert.deepEqual(
    found.map(({ key }) => key),
    expected.slice(0, 5).map(({ row }) => `k/${row}`),
  );
  for (const [i, { similarity }] of found.entries()) {
    assert.ok(Math.abs(similarity - expected[i]!.similarity) < 1e-6);
  }
  const same = nearest(index, rows.subarray(200 * d, 201 * d), 2);
  assert.deepEqual(
    same.map(({ key }) => key),
    ['k/7', 'k/200'],
  );
  assert.ok(same.every(({ similarity }) => similarity <= 1 && similarity > 1 - 1e-6));
  assert.equal(nearest(index, asked, 500).length, n);
  assert.deepEqual(nearest(index, new Float32Array(d), 1)[0]?.similarity, 0);
});

test('they are those of a scan in float64, also where float32 cannot tell them apart', async () => {
  const next = seeded(8);
  for (const [n, d, width, spread] of [
    [400, 1280, 1280, 1],
    [400, 1280, 1280, 1e-4], // cosines differ by 1e-8
    [3000, 150, 128, 1e-2],
    [900, 70, 64, 1e-4],
    [500, 19, 19, 1],
    [3, 5, 5, 1],
  ] as const) {
    const mean = randomRows(1, d, n, 0.5);
    const rows = Float32Array.from({ length: n * d }, (_, at) => mean[at % d]! + spread * (next() - 0.5));
    const index = await indexOf(rows, n, d, width);
    for (let question = 0; question < 20; question++) {
      // One of the photos, a new one, or something else altogether.
      const asked = Float32Array.from({ length: d }, (_, at) => {
        if (question % 3 === 0) return rows[question * 7 * d + at] ?? 1;
        return question % 3 === 1 ? mean[at]! + spread * (next() - 0.5) : next() - 0.5;
      });
      const found = nearest(index, asked, 5);
      assert.deepEqual(
        found.map(({ key, similarity }) => ({ key, similarity })),
        scanned(index, asked, 5),
        `${n} × ${d} in ${width}, question ${question}`,
      );
    }
  }
});

test('an index read back answers as the one that was written, to the rounding of halves', async () => {
  const [n, d] = [50, 24];
  const rows = Float32Array.from(randomRows(n, d, 5, 1));
  for (const width of [d, 8]) {
    const index = await indexOf(rows, n, d, width);
    const file = encodeIndex(index);
    const read = decodeIndex(file);
    assert.deepEqual([read.model, read.dimension, read.width], ['test@0123456789ab', d, width]);
    assert.deepEqual(read.keys, index.keys);
    assert.deepEqual(read.labels, index.labels);
    for (let row = 0; row < n; row += 7) {
      const asked = rows.subarray(row * d, (row + 1) * d);
      const [before, after] = [nearest(index, asked, 1)[0]!, nearest(read, asked, 1)[0]!];
      assert.equal(after.key, before.key);
      // Numbers of up to 1, each rounded by up to 2^-12 of it.
      assert.ok(Math.abs(after.similarity - before.similarity) < 5e-4);
    }
    assert.throws(() => decodeIndex(file.subarray(0, -2)), ContractBroken);
    assert.throws(() => decodeIndex(file.subarray(1)), /should begin with VERGERI1/);
    // Read out of a larger buffer, at any offset.
    const shifted = Buffer.concat([Buffer.alloc(3), file]).subarray(3);
    assert.deepEqual(decodeIndex(shifted).vectors, read.vectors);
  }
});

test('the main directions are orthonormal and hold as much of the rows as any so many can', async () => {
  const [n, d, k] = [400, 60, 10];
  const next = randomRows(n, d, 6);
  // A spectrum that falls: 0.85 a column, mixed by the random walk of randomRows.
  const rows = Float32Array.from(next, (value, at) => 2 + value * 0.85 ** (at % d));
  const moments = emptyMoments('m', d);
  await addRows(moments, rows, n, products);
  const basis = await mainDirections(moments, k, products);
  assert.ok(orthonormalityError(transposed(basis, d, k), k, d) < 1e-12);
  assert.deepEqual(await mainDirections(moments, k, products), basis);
  const kept = async (of: Float64Array) =>
    (await products.multiply(rows, of, n, d, k)).reduce((sum, value) => sum + value * value, 0);
  const best = await kept(await manyRounds(rows, n, d, k));
  const share = (await kept(basis)) / best;
  assert.ok(share > 0.999 && share < 1 + 1e-9, `${share}`);
});

test('directions are counted from zero: where rows lie far from it, their mean is the first', async () => {
  // Second moments about zero: 9 + 9 along the first column, and 1 along the second; about the mean both are less apart.
  const moments = emptyMoments('m', 2);
  await addRows(moments, Float32Array.of(0, 1, 0, -1, 6, 1, 6, -1), 4, products);
  const basis = await mainDirections(moments, 1, products);
  // Four rounds leave (1/18)^4 of the second direction.
  assert.ok(Math.abs(basis[0]!) > 0.9999 && Math.abs(basis[1]!) < 1e-4, `${basis}`);
});

test('fewer rows than directions leave the rest empty', async () => {
  const moments = emptyMoments('m', 6);
  await addRows(moments, Float32Array.of(1, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0), 2, products);
  const basis = await mainDirections(moments, 4, products);
  assert.ok(basis.every(Number.isFinite));
  const vectors = await toVectors(Float32Array.of(1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0), 2, 6, basis, products);
  const lengths = [0, 1].map((row) => Math.hypot(...vectors.subarray(row * 4, row * 4 + 4)));
  assert.ok(Math.abs(lengths[0]! - 1) < 1e-6, 'a row among those is kept whole');
  assert.ok(lengths[1]! < 1e-6, 'a row that is like none of them is not like them');
});

async function indexOf(rows: Float32Array, n: number, d: number, width = d): Promise<OpenIndex> {
  const moments = emptyMoments('m', d);
  await addRows(moments, rows, n, products);
  const basis = width < d ? await mainDirections(moments, width, products) : undefined;
  return openIndex({
    model: 'test@0123456789ab',
    dimension: d,
    width,
    keys: Array.from({ length: n }, (_, row) => `k/${row}`),
    labels: Array.from({ length: n }, (_, row) => (row % 3 === 0 ? null : `label ${row % 3}`)),
    ...(basis && { basis: Float32Array.from(basis) }),
    vectors: await toVectors(rows, n, d, basis, products),
  });
}

/** The exact subspace, by many rounds of what the function does few of, from another start. */
async function manyRounds(rows: Float32Array, n: number, d: number, k: number): Promise<Float64Array> {
  const wide = Float64Array.from(rows);
  const gram = await products.multiply(transposed(wide, n, d), wide, d, n, d);
  let basis = randomRows(d, k, 9);
  for (let round = 0; round < 200; round++) {
    basis = await products.multiply(gram, basis, d, d, k);
    const columns = transposed(basis, d, k);
    for (let i = 0; i < k; i++) {
      const row = columns.subarray(i * d, (i + 1) * d);
      for (let j = 0; j < i; j++) {
        const other = columns.subarray(j * d, (j + 1) * d);
        const overlap = row.reduce((sum, value, at) => sum + value * other[at]!, 0);
        for (let c = 0; c < d; c++) row[c]! -= overlap * other[c]!;
      }
      const length = Math.hypot(...row);
      for (let c = 0; c < d; c++) row[c]! /= length;
    }
    basis = transposed(columns, k, d);
  }
  return basis;
}

/** The same by products with every vector, summed one after the other. */
function scanned(index: OpenIndex, features: Float32Array, most: number) {
  const length = Math.sqrt(features.reduce((sum, value) => sum + value * value, 0));
  const { dimension: d, width: w, basis } = index;
  const asked = new Float64Array(w);
  for (let i = 0; i < d; i++) {
    if (basis === undefined) asked[i] = features[i]! / length;
    else for (let c = 0; c < w; c++) asked[c]! += (features[i]! / length) * basis[i * w + c]!;
  }
  const vector = Float32Array.from(asked);
  return index.keys
    .map((key, at) => ({
      key,
      similarity: vector.reduce((sum, x, i) => sum + x * index.vectors[at * w + i]!, 0),
    }))
    .sort((a, b) => b.similarity - a.similarity)
    .slice(0, most)
    .map(({ key, similarity }) => ({ key, similarity: Math.min(similarity, 1) }));
}

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, at) => sum + value * y[at]!, 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}
