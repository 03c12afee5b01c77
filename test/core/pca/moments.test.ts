import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createMatrixProducts } from '../../../functions/adapters/onnx-matrix.ts';
import { ContractBroken, InvalidRequest, ModelMismatch } from '../../../functions/core/errors.ts';
import { plainMatrixProducts as plain } from '../../../functions/core/pca/matrix.ts';
import { addRows, emptyMoments, type Moments } from '../../../functions/core/pca/moments.ts';
import { assertRelative, randomRows } from '../numbers.ts';
import { mergeMoments } from './merge-moments.ts';

const MODEL = 'test@0123456789ab';
const native = createMatrixProducts();

/** Sums in another order differ by some units in the last place of a hundred terms: 1e-13; 1e-12 is the promise. */
const ROUNDING = 1e-12;

test('moments are the count, the mean and the sums of products of deviations', async () => {
  const moments = await momentsOf(Float64Array.of(1, 10, 2, 30, 6, 20), 2);
  assert.equal(moments.count, 3);
  assert.deepEqual([...moments.mean], [3, 20]);
  assert.deepEqual([...moments.scatter], [14, 10, 10, 200]);
});

test('moments equal the two-pass sums over all rows', async () => {
  const [n, d] = [200, 17];
  const rows = randomRows(n, d, 1, 5);
  const { mean, scatter } = twoPass(rows, d);
  const moments = await momentsOf(rows, d);
  assertRelative(moments.mean, mean, ROUNDING);
  assertRelative(moments.scatter, scatter, ROUNDING);
});

test('batches of any sizes give the moments of one fit', async () => {
  const d = 5;
  const rows = randomRows(90, d, 2, 3);
  const whole = await momentsOf(rows, d);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 30 }),
      async (sizes) => {
        assertSame(await momentsInBatches(rows, d, sizes), whole);
      },
    ),
    { seed: 3, numRuns: 50 },
  );
  assertSame(await momentsInBatches(rows, d, [1]), whole);
});

test('more rows than one block are taken in blocks', async () => {
  const rows = randomRows(20_000, 3, 4);
  const { mean, scatter } = twoPass(rows, 3);
  const moments = await momentsOf(rows, 3);
  assert.equal(moments.count, 20_000);
  // 20,000 terms of one sign round to about 20,000 · 1.1e-16 at the very worst.
  assertRelative(moments.mean, mean, ROUNDING);
  assertRelative(moments.scatter, scatter, ROUNDING);
});

test('float32 rows are taken in as the float64 numbers they are', async () => {
  const rows = Float32Array.from(randomRows(50, 4, 5));
  assert.deepEqual(await momentsOf(rows, 4), await momentsOf(Float64Array.from(rows), 4));
});

test('a mean ten million times the spread costs no digits', async () => {
  const [n, d, mean] = [300, 6, 2 ** 24];
  // Multiples of 2⁻²⁰, so that adding the mean is exact: the scatter must stay the same to rounding.
  const rows = randomRows(n, d, 6).map((value) => Math.round(value * 2 ** 20) / 2 ** 20);
  const shifted = rows.map((value) => value + mean);
  const expected = twoPass(rows, d).scatter;
  const near = await momentsInBatches(shifted, d, [64, 1, 7]);
  assertRelative(near.scatter, expected, ROUNDING);
  const [a, b] = [await momentsOf(shifted.subarray(0, 60), d), await momentsOf(shifted.subarray(60), d)];
  assertRelative(mergeMoments(a, b).scatter, expected, ROUNDING);

  // The textbook way, Σ x² − n·mean², fails this: the test can tell.
  const textbook =
    shifted.reduce((sum, x, i) => (i % d === 0 ? sum + x * x : sum), 0) - n * near.mean[0]! ** 2;
  assert.ok(Math.abs(textbook - expected[0]!) > 1e-3 * expected[0]!);
});

test('a column of equal numbers has exactly that mean and exactly no scatter, in whatever batches', async () => {
  const d = 3;
  const rows = randomRows(1000, d, 7);
  for (let r = 0; r < 1000; r++) rows[r * d + 1] = 0.1;
  const moments = await momentsInBatches(rows, d, [1, 333, 64, 7]);
  assert.equal(moments.mean[1], 0.1);
  for (const at of [1, 3, 4, 5, 7]) assert.equal(Math.abs(moments.scatter[at]!), 0);
});

test('one row has itself as its mean and no scatter', async () => {
  const moments = await momentsOf(Float64Array.of(3, -1, 0.1), 3);
  assert.equal(moments.count, 1);
  assert.deepEqual([...moments.mean], [3, -1, 0.1]);
  assert.deepEqual([...moments.scatter], new Array(9).fill(0));
});

test('no rows change nothing', async () => {
  const moments = await momentsOf(randomRows(4, 2, 8), 2);
  const before = structuredClone(moments);
  await addRows(moments, new Float32Array(0), 0, native);
  assert.deepEqual(moments, before);
});

test('native products give what ordinary JavaScript gives', async () => {
  const d = 150;
  const rows = randomRows(400, d, 9, 2);
  const [byNative, byPlain] = [emptyMoments(MODEL, d), emptyMoments(MODEL, d)];
  await addRows(byNative, rows, 400, native);
  await addRows(byPlain, rows, 400, plain);
  assertSame(byNative, byPlain);
});

test('the same batches give the same bits', async () => {
  const rows = randomRows(300, 80, 10, 1);
  const first = await momentsInBatches(rows, 80, [100, 37]);
  assert.deepEqual(await momentsInBatches(rows, 80, [100, 37]), first);
});

test('two batches under way at once are both taken in', async () => {
  const rows = randomRows(60, 4, 11, 1);
  const moments = emptyMoments(MODEL, 4);
  await Promise.all([
    addRows(moments, rows.subarray(0, 80), 20, native),
    addRows(moments, rows.subarray(80), 40, native),
  ]);
  assertSame(moments, await momentsOf(rows, 4));
});

test('two disjoint sets merged are the moments of all rows, wherever they are parted', async () => {
  const d = 6;
  const rows = randomRows(100, d, 12, 1000);
  const whole = await momentsOf(rows, d);
  for (const part of [1, 2, 50, 99]) {
    const [a, b] = [
      await momentsOf(rows.subarray(0, part * d), d),
      await momentsOf(rows.subarray(part * d), d),
    ];
    assertSame(mergeMoments(a, b), whole);
    assertSame(mergeMoments(b, a), whole);
  }
});

test('merging with no rows gives the same bits back, and leaves both as they were', async () => {
  const some = await momentsOf(randomRows(10, 3, 13, 7), 3);
  const before = structuredClone(some);
  assert.deepEqual(mergeMoments(some, emptyMoments(MODEL, 3)), before);
  assert.deepEqual(mergeMoments(emptyMoments(MODEL, 3), some), before);
  assert.deepEqual(mergeMoments(emptyMoments(MODEL, 3), emptyMoments(MODEL, 3)), emptyMoments(MODEL, 3));
  assert.deepEqual(some, before);
});

test('a merge of two models or of two feature counts is refused', () => {
  const moments = emptyMoments(MODEL, 3);
  assert.throws(() => mergeMoments(moments, emptyMoments('other@0123456789ab', 3)), ModelMismatch);
  assert.throws(() => mergeMoments(moments, emptyMoments(MODEL, 4)), ModelMismatch);
});

test('rows of another feature count are refused, and change nothing', async () => {
  const moments = await momentsOf(randomRows(10, 4, 14), 4);
  const before = structuredClone(moments);
  await assert.rejects(addRows(moments, new Float32Array(50), 10, native), (error) => {
    assert.ok(error instanceof ModelMismatch);
    assert.match(error.message, /50 numbers are not 10 rows of 4 features/);
    return true;
  });
  assert.deepEqual(moments, before);
});

test('a feature that is no finite number is refused by its place, and nothing of it is taken in', async () => {
  for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    for (const at of [0, 6, 11]) {
      const moments = emptyMoments(MODEL, 4);
      const rows = Float32Array.from(randomRows(3, 4, 15));
      rows[at] = wrong;
      await assert.rejects(addRows(moments, rows, 3, native), (error) => {
        assert.ok(error instanceof ContractBroken);
        assert.ok(
          error.message.includes(`Row ${Math.floor(at / 4)}, feature ${at % 4} is ${wrong}`),
          error.message,
        );
        return true;
      });
      assert.deepEqual(moments, emptyMoments(MODEL, 4));
    }
  }
});

test('a dimension that is no whole number of features is refused', () => {
  for (const dimension of [0, -1, 1.5, Number.NaN]) {
    assert.throws(() => emptyMoments(MODEL, dimension), InvalidRequest);
  }
  assert.equal(emptyMoments(MODEL, 1).scatter.length, 1);
});

async function momentsOf(rows: Float32Array | Float64Array, d: number): Promise<Moments> {
  return momentsInBatches(rows, d, [rows.length / d]);
}

/** Takes rows in by batches of the sizes given, over and over. */
async function momentsInBatches(
  rows: Float32Array | Float64Array,
  d: number,
  sizes: number[],
): Promise<Moments> {
  const moments = emptyMoments(MODEL, d);
  const n = rows.length / d;
  for (let start = 0, turn = 0; start < n; turn++) {
    const size = Math.min(sizes[turn % sizes.length]!, n - start);
    await addRows(moments, rows.subarray(start * d, (start + size) * d), size, native);
    start += size;
  }
  return moments;
}

function assertSame(actual: Moments, expected: Moments): void {
  assert.equal(actual.count, expected.count);
  assertRelative(actual.mean, expected.mean, ROUNDING, 'mean');
  assertRelative(actual.scatter, expected.scatter, ROUNDING, 'scatter');
}

/** The definition: the mean first, then every product of deviations from it. */
function twoPass(rows: Float64Array, d: number) {
  const n = rows.length / d;
  const mean = new Float64Array(d);
  for (let r = 0; r < n; r++) for (let i = 0; i < d; i++) mean[i]! += rows[r * d + i]! / n;
  const scatter = new Float64Array(d * d);
  for (let r = 0; r < n; r++) {
    for (let i = 0; i < d; i++) {
      for (let j = 0; j < d; j++) {
        scatter[i * d + j]! += (rows[r * d + i]! - mean[i]!) * (rows[r * d + j]! - mean[j]!);
      }
    }
  }
  return { mean, scatter };
}
