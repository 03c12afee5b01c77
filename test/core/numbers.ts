/** Seeded numbers and matrices for tests. */
import assert from 'node:assert/strict';
import { seeded } from '../../functions/core/seeded.ts';

/** A generator of standard normal numbers (Box–Muller): the same for the same seed everywhere. */
export function normals(seed: number): () => number {
  const uniform = seeded(seed);
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** Rows [n × d] of correlated columns: a random walk along the row, so that neighbours resemble each other. */
export function randomRows(n: number, d: number, seed: number, mean = 0): Float64Array {
  const next = normals(seed);
  const rows = new Float64Array(n * d);
  for (let i = 0; i < rows.length; i++) rows[i] = next() + (i % d === 0 ? 0 : 0.7 * rows[i - 1]!);
  return rows.map((value) => value + mean);
}

/**
 * Q Λ Qᵀ with its eigenvectors known by construction, without any eigenvalue solver: Q is a product of three random
 * Householder reflections.
 *
 * @returns matrix [d × d] and vectors [d × d], one a row, in the order of the eigenvalues
 */
export function matrixWithEigenvalues(eigenvalues: ArrayLike<number>, seed: number) {
  const d = eigenvalues.length;
  const next = normals(seed);
  const vectors = new Float64Array(d * d);
  for (let i = 0; i < d; i++) vectors[i * d + i] = 1;
  let matrix = new Float64Array(d * d);
  for (let i = 0; i < d; i++) matrix[i * d + i] = eigenvalues[i]!;
  for (let reflection = 0; reflection < 3; reflection++) {
    const v = Float64Array.from({ length: d }, next);
    const length = Math.hypot(...v);
    const unit = v.map((value) => value / length);
    reflectRows(vectors, unit);
    reflectRows(matrix, unit);
    matrix = transposed(matrix, d, d);
    reflectRows(matrix, unit);
  }
  for (let i = 0; i < d; i++) for (let j = 0; j < i; j++) matrix[i * d + j] = matrix[j * d + i]!;
  return { matrix, vectors };
}

/** Row-major [rows × columns] → [columns × rows]. */
export function transposed(matrix: Float64Array, rows: number, columns: number): Float64Array<ArrayBuffer> {
  const turned = new Float64Array(matrix.length);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) turned[c * rows + r] = matrix[r * columns + c]!;
  return turned;
}

/** Asserts that arrays have one length and that no elements differ by more than the tolerance. */
export function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what = '',
): void {
  assert.equal(actual.length, expected.length, `${what} length`);
  for (let i = 0; i < expected.length; i++) {
    const apart = Math.abs(actual[i]! - expected[i]!);
    assert.ok(apart <= tolerance, `${what}[${i}] is ${actual[i]}, not ${expected[i]} within ${tolerance}`);
  }
}

/** The same with the tolerance relative to the largest magnitude expected. */
export function assertRelative(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what = '',
): void {
  let largest = 0;
  for (let i = 0; i < expected.length; i++) largest = Math.max(largest, Math.abs(expected[i]!));
  assertClose(actual, expected, tolerance * largest, what);
}

/** The largest element of V Vᵀ − I for V's rows [k × d]. */
export function orthonormalityError(rows: Float64Array, k: number, d: number): number {
  let error = 0;
  for (let i = 0; i < k; i++) {
    for (let j = 0; j <= i; j++) {
      let dot = 0;
      for (let c = 0; c < d; c++) dot += rows[i * d + c]! * rows[j * d + c]!;
      error = Math.max(error, Math.abs(dot - (i === j ? 1 : 0)));
    }
  }
  return error;
}

/** Every row x becomes x − 2 (x·v) v. */
function reflectRows(matrix: Float64Array, v: Float64Array): void {
  const d = v.length;
  for (let r = 0; r < d; r++) {
    let dot = 0;
    for (let c = 0; c < d; c++) dot += matrix[r * d + c]! * v[c]!;
    for (let c = 0; c < d; c++) matrix[r * d + c]! -= 2 * dot * v[c]!;
  }
}
