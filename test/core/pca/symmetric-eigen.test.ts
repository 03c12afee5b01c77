import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { createMatrixProducts } from '../../../functions/adapters/onnx-matrix.ts';
import { plainMatrixProducts as plain } from '../../../functions/core/pca/matrix.ts';
import { type SymmetricEigen, symmetricEigen } from '../../../functions/core/pca/symmetric-eigen.ts';
import {
  assertClose,
  assertRelative,
  matrixWithEigenvalues,
  orthonormalityError,
  randomRows,
} from '../numbers.ts';

const native = createMatrixProducts();

/**
 * Residuals and orthogonality of LAPACK's dsyevd are some units of rounding times a small power of n: up to 3e-14 was
 * seen at n ≤ 200. A tenth of what Verger promises at n = 1280 (1e-10) would already mean that something is wrong.
 */
const TOLERANCE = 1e-12;

const DENSE_SIZES = [1, 2, 3, 4, 31, 32, 33, 63, 64, 65, 100, 161];

test('random matrices of any size, around every block size, are decomposed as ml-matrix does', async () => {
  for (const n of DENSE_SIZES) {
    const matrix = await gramOf(n, 2 * n + 1);
    const expected = new EigenvalueDecomposition(Matrix.from1DArray(n, n, matrix), { assumeSymmetric: true });
    const eigen = await symmetricEigen(matrix, n, n, native);
    assertRelative(eigen.values, expected.realEigenvalues.reverse(), TOLERANCE, `values at n = ${n}`);
    assertDecomposes(matrix, n, n, eigen);
  }
});

test('fewer eigenvectors than values are the first of all', async () => {
  for (const n of [20, 70, 130]) {
    const matrix = await gramOf(n, 2 * n);
    const all = await symmetricEigen(matrix, n, n, native);
    for (const k of [1, 2, n - 1]) {
      const some = await symmetricEigen(matrix, n, k, native);
      assertRelative(some.values, all.values, TOLERANCE);
      assertDecomposes(matrix, n, k, some);
      for (let r = 0; r < k; r++) {
        const [a, b] = [row(some.vectors, r, n), row(all.vectors, r, n)];
        const dot = a.reduce((sum, value, i) => sum + value * b[i]!, 0);
        assertClose([Math.abs(dot)], [1], TOLERANCE, `vector ${r} of ${k}`);
      }
    }
  }
});

const n = 150;
const HARD: [string, (i: number) => number][] = [
  ['flat', () => 1],
  ['pairs', (i) => 10 - Math.floor(i / 2) / 20],
  ['rank 7', (i) => (i < 7 ? 7 - i : 0)],
  ['rank 1', (i) => (i === 0 ? 3 : 0)],
  ['one small value', (i) => (i === n - 1 ? 1e-9 : 1)],
  ['near-equal', (i) => 1 + i * 1e-14],
  ['clusters', (i) => (i % 5) + 1 + i * 1e-10],
  ['both signs', (i) => Math.cos(i)],
  ['over sixteen orders of magnitude', (i) => 10 ** ((-16 * i) / n)],
  ['a steep start', (i) => 1000 / (i + 1) ** 2],
];

test('eigenvalues known by construction are found, however they lie', async () => {
  for (const [name, value] of HARD) {
    const values = Array.from({ length: n }, (_, i) => value(i)).sort((a, b) => b - a);
    const { matrix } = matrixWithEigenvalues(values, 5);
    const eigen = await symmetricEigen(matrix, n, n, native);
    assertRelative(eigen.values, values, TOLERANCE, name);
    assertDecomposes(matrix, n, n, eigen, name);
  }
});

test('eigenvalues known by formula are found: second differences', async () => {
  const matrix = tridiagonal(n, () => 2, -1);
  const eigen = await symmetricEigen(matrix, n, n, native);
  const expected = Array.from({ length: n }, (_, i) => 2 + 2 * Math.cos(((i + 1) * Math.PI) / (n + 1)));
  assertClose(eigen.values, expected, 1e-13);
  assertDecomposes(matrix, n, n, eigen);
});

test("Wilkinson's matrix, whose eigenvalues agree in pairs to 14 digits, has orthogonal eigenvectors", async () => {
  const matrix = tridiagonal(n + 1, (i) => Math.abs(i - n / 2), 1);
  const eigen = await symmetricEigen(matrix, n + 1, n + 1, native);
  assert.ok(eigen.values[0]! - eigen.values[1]! < 1e-12, 'a pair that agrees');
  assertDecomposes(matrix, n + 1, n + 1, eigen);
});

test('halves whose eigenvalues agree in fours are joined right', async () => {
  // Two of Wilkinson's matrices, each with its pairs, joined by 1; tearing them apart gives both back exactly.
  const [size, half] = [82, 41];
  const isAtJoin = (i: number) => i === half - 1 || i === half;
  const matrix = tridiagonal(size, (i) => Math.abs((i % half) - 20) + (isAtJoin(i) ? 1 : 0), 1);
  assertDecomposes(matrix, size, size, await symmetricEigen(matrix, size, size, native));
});

test('diagonal matrices, zero, all ones and two equal blocks are decomposed', async () => {
  const block = await gramOf(n / 2, n);
  const blocks = new Float64Array(n * n);
  for (let i = 0; i < n / 2; i++) {
    blocks.set(row(block, i, n / 2), i * n);
    blocks.set(row(block, i, n / 2), (i + n / 2) * n + n / 2);
  }
  const table: [string, Float64Array][] = [
    ['zero', new Float64Array(n * n)],
    ['all ones', new Float64Array(n * n).fill(1)],
    ['identity', tridiagonal(n, () => 1, 0)],
    ['diagonal', tridiagonal(n, (i) => (i * 7) % 11, 0)],
    ['two equal blocks', blocks],
  ];
  for (const [name, matrix] of table) {
    assertDecomposes(matrix, n, n, await symmetricEigen(matrix, n, n, native), name);
  }
});

test('matrices with very large and very small elements lose no digits', async () => {
  const matrix = await gramOf(n, 2 * n);
  const { values, vectors } = await symmetricEigen(matrix, n, n, native);
  for (const factor of [2 ** 900, 2 ** -900]) {
    const scaled = await symmetricEigen(
      matrix.map((value) => value * factor),
      n,
      n,
      native,
    );
    assert.deepEqual(scaled.vectors, vectors);
    assert.deepEqual(
      scaled.values,
      values.map((value) => value * factor),
    );
  }
});

test('the matrix is left as it is', async () => {
  const matrix = await gramOf(70, 140);
  const before = matrix.slice();
  await symmetricEigen(matrix, 70, 70, native);
  assert.deepEqual(matrix, before);
});

test('ordinary JavaScript products give the same decomposition', async () => {
  const matrix = await gramOf(100, 150);
  const byNative = await symmetricEigen(matrix, 100, 5, native);
  const byPlain = await symmetricEigen(matrix, 100, 5, plain);
  assertRelative(byPlain.values, byNative.values, TOLERANCE);
  assertDecomposes(matrix, 100, 5, byPlain);
});

test('the same matrix gives the same bits', async () => {
  const matrix = await gramOf(200, 300);
  const first = await symmetricEigen(matrix, 200, 50, native);
  assert.deepEqual(await symmetricEigen(matrix, 200, 50, native), first);
});

test('features of 1,280 columns: eigenvalues and eigenvectors known by construction', async () => {
  const d = 1280;
  // Correlations of MobileNetV2's features over 6,000 photos of fruit fall off about so: 127, 73, … 0.5 at 256.
  const values = Array.from({ length: d }, (_, i) => 127 / (i + 1) ** 0.99);
  const { matrix, vectors } = matrixWithEigenvalues(values, 6);
  const k = 256;
  const eigen = await symmetricEigen(matrix, d, k, native);
  for (let i = 0; i < d; i++) assertClose([eigen.values[i]! / values[i]!], [1], 1e-10, `value ${i}`);
  for (let r = 0; r < k; r++) {
    const [actual, expected] = [row(eigen.vectors, r, d), row(vectors, r, d)];
    const sign = Math.sign(actual.reduce((sum, value, i) => sum + value * expected[i]!, 0));
    assertClose(
      actual.map((value) => value * sign),
      expected,
      1e-9, // rounding of 1e-15·127 over a gap of 0.002 between neighbours: 6e-11
      `vector ${r}`,
    );
  }
  assert.ok(orthonormalityError(eigen.vectors, k, d) < TOLERANCE);
});

function assertDecomposes(
  matrix: Float64Array,
  size: number,
  k: number,
  { values, vectors }: SymmetricEigen,
  name = `n = ${size}, k = ${k}`,
): void {
  assert.equal(values.length, size);
  assert.equal(vectors.length, k * size);
  for (let i = 1; i < size; i++) assert.ok(values[i - 1]! >= values[i]!, `${name}: descending`);
  const largest = Math.max(Math.abs(values[0]!), Math.abs(values[size - 1]!));
  for (let r = 0; r < k; r++) {
    const vector = row(vectors, r, size);
    for (let i = 0; i < size; i++) {
      let image = 0;
      for (let j = 0; j < size; j++) image += matrix[i * size + j]! * vector[j]!;
      const residual = Math.abs(image - values[r]! * vector[i]!);
      assert.ok(residual <= TOLERANCE * largest, `${name}: residual ${residual} of vector ${r}`);
    }
  }
  assert.ok(orthonormalityError(vectors, k, size) <= TOLERANCE, `${name}: orthonormal`);
}

async function gramOf(d: number, rows: number): Promise<Float64Array> {
  const matrix = randomRows(rows, d, d);
  const turned = matrix.map((_, at) => matrix[(at % rows) * d + Math.floor(at / rows)]!);
  return plain.multiply(turned, matrix, d, rows, d);
}

function tridiagonal(size: number, diagonal: (i: number) => number, beside: number): Float64Array {
  const matrix = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    matrix[i * size + i] = diagonal(i);
    if (i > 0) matrix[i * size + i - 1] = beside;
    if (i > 0) matrix[(i - 1) * size + i] = beside;
  }
  return matrix;
}

function row(matrix: Float64Array, r: number, width: number): Float64Array {
  return matrix.subarray(r * width, (r + 1) * width);
}
