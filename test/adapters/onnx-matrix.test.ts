import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMatrixProducts } from '../../functions/adapters/onnx-matrix.ts';
import {
  emptyScatter,
  type MatrixProducts,
  plainMatrixProducts as plain,
} from '../../functions/core/pca/matrix.ts';
import { assertRelative, randomRows } from '../core/numbers.ts';

const native = createMatrixProducts();

/** Sums of up to 2,500 products in another order. */
const ROUNDING = 1e-13;

/** Small ones, one of a vector, and one large enough to be shared among cores. */
const SHAPES = [
  [1, 1, 1],
  [2, 3, 4],
  [40, 400, 1],
  [1, 33, 65],
  [170, 160, 150],
] as const;

for (const [m, n, p] of SHAPES) {
  test(`the native product of [${m} × ${n}] and [${n} × ${p}] is ordinary JavaScript's`, async () => {
    const [a, b] = [randomRows(m, n, 1), randomRows(n, p, 2)];
    assertRelative(await native.multiply(a, b, m, n, p), await plain.multiply(a, b, m, n, p), ROUNDING);
  });
}

for (const [n, d] of [
  [1, 1],
  [1, 20],
  [5, 3],
  [400, 7],
  [300, 130],
  [2500, 20],
] as const) {
  for (const type of [Float32Array, Float64Array]) {
    test(`the native scatter of [${n} × ${d}] in ${type.name} is ordinary JavaScript's, and symmetric to the bit`, async () => {
      const rows = type.from(randomRows(n, d, 3));
      const { fromFirst, scatter } = await scatterOf(native, rows, n, d);
      const expected = await scatterOf(plain, rows, n, d);
      assertRelative(fromFirst, expected.fromFirst, ROUNDING);
      assertRelative(scatter, expected.scatter, ROUNDING);
      for (let i = 0; i < d; i++)
        for (let j = 0; j < i; j++) assert.equal(scatter[i * d + j], scatter[j * d + i]);
    });
  }
}

test('rows of which the first 1,000 lie far from the others scatter as in ordinary JavaScript', async () => {
  const [n, d] = [2500, 12];
  const rows = randomRows(n, d, 6).map((value, at) => (at < 1000 * d ? value + 1e6 : value));
  const { fromFirst, scatter } = await scatterOf(native, rows, n, d);
  const expected = await scatterOf(plain, rows, n, d);
  assertRelative(fromFirst, expected.fromFirst, ROUNDING);
  assertRelative(scatter, expected.scatter, ROUNDING);
});

test('ordinary JavaScript multiplies as on paper', async () => {
  const product = await plain.multiply(
    Float64Array.of(1, 2, 3, 4, 5, 6),
    Float64Array.of(7, 8, 9, 10, 11, 12),
    2,
    3,
    2,
  );
  assert.deepEqual([...product], [58, 64, 139, 154]);
  // Rows (1, 2), (3, 4), (8, 3): mean (4, 3); centred (−3, −1), (−1, 1), (4, 0).
  const { fromFirst, scatter } = await scatterOf(plain, Float64Array.of(1, 2, 3, 4, 8, 3), 3, 2);
  assert.deepEqual([...fromFirst], [3, 1]);
  assert.deepEqual([...scatter], [26, 2, 2, 2]);
});

test('a view into a larger array is multiplied, not the array', async () => {
  const whole = randomRows(5, 4, 4);
  const part = whole.subarray(4, 16);
  assert.deepEqual(await scatterOf(native, part, 3, 4), await scatterOf(native, part.slice(), 3, 4));
  assert.deepEqual(
    await native.multiply(part, part, 4, 3, 4),
    await native.multiply(part.slice(), part.slice(), 4, 3, 4),
  );
});

test('one core and several give the same bits', async () => {
  const [one, several] = [createMatrixProducts(1), createMatrixProducts(4)];
  const rows = randomRows(2500, 200, 5);
  const few = rows.subarray(0, 300 * 200);
  assert.deepEqual(await scatterOf(several, rows, 2500, 200), await scatterOf(one, rows, 2500, 200));
  assert.deepEqual(
    await several.multiply(few, few, 200, 300, 200),
    await one.multiply(few, few, 200, 300, 200),
  );
});

/** Into memory that held something else before. */
async function scatterOf(products: MatrixProducts, rows: Float32Array | Float64Array, n: number, d: number) {
  const into = emptyScatter(d);
  into.fromFirst.fill(7);
  into.scatter.fill(7);
  await products.scatter(rows, n, d, into);
  return into;
}
