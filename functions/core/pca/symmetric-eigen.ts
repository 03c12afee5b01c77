import { solveTridiagonal } from './divide-and-conquer.ts';
import type { MatrixProducts } from './matrix.ts';
import { applyReflectors, tridiagonalize } from './tridiagonal.ts';

/** Eigenvalues and eigenvectors of a symmetric matrix, the largest first. */
export interface SymmetricEigen {
  /** Every eigenvalue, Float64Array [n], descending. */
  values: Float64Array;
  /** Eigenvectors of the largest k: orthonormal rows, row-major Float64Array [k × n]. */
  vectors: Float64Array;
}

/**
 * Every eigenvalue of a symmetric matrix, and the eigenvectors of the largest k: reduction to tridiagonal form, then
 * divide and conquer, as LAPACK's dsyevd. Always the same work whatever the spectrum: no iteration that may not end,
 * and eigenvectors orthogonal to rounding however close their eigenvalues.
 *
 * @param matrix row-major Float64Array [n × n], symmetric, finite; left as it is
 * @param k how many eigenvectors, 1 to n
 */
export async function symmetricEigen(
  matrix: Float64Array,
  n: number,
  k: number,
  products: MatrixProducts,
): Promise<SymmetricEigen> {
  // Scaled by a power of two, which costs no digit, so that nothing overflows and tolerances are relative to 1.
  const scale = 2 ** Math.ceil(Math.log2(largestMagnitude(matrix) || 1));
  const scaled = new Float64Array(matrix.length);
  for (let i = 0; i < matrix.length; i++) scaled[i] = matrix[i]! / scale;
  const { diagonal, offDiagonal, panels } = tridiagonalize(scaled, n);
  const { values, vectors: columns } = await solveTridiagonal(diagonal, offDiagonal, k, products);
  await applyReflectors(panels, columns, k, products);

  const vectors = new Float64Array(k * n);
  for (let r = 0; r < k; r++) for (let i = 0; i < n; i++) vectors[r * n + i] = columns[i * k + (k - 1 - r)]!;
  return { values: values.map((value) => value * scale).reverse(), vectors };
}

function largestMagnitude(matrix: Float64Array): number {
  let largest = 0;
  for (let i = 0; i < matrix.length; i++) largest = Math.max(largest, Math.abs(matrix[i]!));
  return largest;
}
