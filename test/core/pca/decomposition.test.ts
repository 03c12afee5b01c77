import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMatrixProducts } from '../../../functions/adapters/onnx-matrix.ts';
import { decompose } from '../../../functions/core/pca/decomposition.ts';
import { factorizeLowRank } from '../../../functions/core/pca/low-rank.ts';
import { symmetricEigen } from '../../../functions/core/pca/symmetric-eigen.ts';
import {
  assertClose,
  assertRelative,
  matrixWithEigenvalues,
  orthonormalityError,
  transposed,
} from '../numbers.ts';

const native = createMatrixProducts();
const n = 120;

/** As the other decompositions: some units of rounding times a small power of n. */
const TOLERANCE = 1e-12;

/** A matrix with these eigenvalues, and zeros. */
const matrixOf = (...values: number[]) =>
  matrixWithEigenvalues([...values, ...new Array(n - values.length).fill(0)], 21).matrix;

const falling = Array.from({ length: 30 }, (_, i) => 40 / (i + 1));

test('a matrix of low rank is decomposed by its rank: eigenvalues beyond it are zero, not rounding', async () => {
  const matrix = matrixOf(...falling);
  const whole = await symmetricEigen(matrix, n, 20, native);
  assert.ok(whole.values.subarray(30).some((value) => value !== 0));
  for (const rank of [30, 31, 40]) {
    const { eigen, warnings } = await decompose(matrix, n, rank, 20, native);
    assert.deepEqual(warnings, []);
    assert.equal(eigen.values.length, n);
    assert.ok(eigen.values.subarray(30, n).every((value) => value === 0 || rank > 30));
    assert.ok(eigen.values.subarray(rank).every((value) => value === 0));
    assertRelative(eigen.values, whole.values, TOLERANCE);
    for (let r = 0; r < 20; r++) {
      const [a, b] = [eigen.vectors, whole.vectors].map((all) => all.subarray(r * n, (r + 1) * n));
      const sign = Math.sign(a![0]! * b![0]!);
      assertClose(
        a!,
        b!.map((value) => value * sign),
        TOLERANCE,
        `vector ${r}, rank at most ${rank}`,
      );
    }
    assert.ok(orthonormalityError(eigen.vectors, 20, n) < TOLERANCE);
  }
});

test('what its rank does not give is had from the whole matrix', async () => {
  const steep = Array.from({ length: 30 }, (_, i) => 10 ** (-i / 3));
  const table: [string, Float64Array, rank: number, k: number][] = [
    ['a rank that is higher than said', matrixOf(...falling), 25, 20],
    ['more eigenvectors than the rank', matrixOf(...falling), 40, 35],
    ['eigenvalues too small for orthogonal vectors', matrixOf(...steep), 30, 30],
    ['no rank at all', matrixOf(), 1, 1],
  ];
  for (const [name, matrix, rank, k] of table) {
    const { eigen } = await decompose(matrix, n, rank, k, native);
    const whole = await symmetricEigen(matrix, n, k, native);
    assertRelative(eigen.values, whole.values, TOLERANCE, name);
    assert.ok(orthonormalityError(eigen.vectors, k, n) < TOLERANCE, name);
  }
});

test('the rank is found to the row, whatever the unit, and none where more rows are left than are allowed', () => {
  const matrix = matrixOf(...falling);
  for (const unit of [1e-12, 1, 1e12]) {
    const scaled = matrix.map((value) => value * unit);
    const factor = factorizeLowRank(scaled, n, 40)!;
    assert.equal(factor.length, 30 * n, `${unit}`);
    const turned = transposed(factor, 30, n);
    for (const i of [0, 50, 119]) {
      const row = turned.subarray(i * 30, i * 30 + 30);
      const product = Array.from({ length: n }, (_, j) =>
        row.reduce((sum, value, r) => sum + value * factor[r * n + j]!, 0),
      );
      assertRelative(product, scaled.subarray(i * n, (i + 1) * n), TOLERANCE);
    }
    assert.equal(factorizeLowRank(scaled, n, 30)?.length, 30 * n);
    assert.equal(factorizeLowRank(scaled, n, 29), undefined);
  }
  assert.equal(factorizeLowRank(new Float64Array(n * n), n, 5)?.length, 0);
});

test('orthonormal vectors that are not the matrix’s are noticed', async () => {
  const values = Array.from({ length: n }, (_, i) => n - i);
  const { matrix } = matrixWithEigenvalues(values, 22);
  assert.deepEqual((await decompose(matrix, n, n, 3, native)).warnings, []);
  // A decomposition reads one triangle of a symmetric matrix; what stands in the other, products show.
  for (const at of [5 * n + 90, 90 * n + 5]) {
    const lopsided = matrix.slice();
    lopsided[at]! += 0.01;
    const { warnings } = await decompose(lopsided, n, n, 3, native);
    assert.match(
      warnings[0] ?? '',
      /^Fitted by ml-pca: the faster decomposition was off by [\d.]+e-[678]\.$/,
    );
  }
});
