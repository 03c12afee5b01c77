/**
 * The eigenvectors of a positive semidefinite matrix of low rank: what few rows of many features scatter to. All that is
 * decomposed is a matrix as large as its rank.
 *
 * A = LᵀL by Cholesky with pivots, which stops where nothing is left; L Lᵀ has the same eigenvalues, and an eigenvector u
 * of it gives Lᵀu / √λ. Higham, "Analysis of the Cholesky decomposition of a semi-definite matrix" (1990).
 */
import { type MatrixProducts, transpose } from './matrix.ts';
import { type SymmetricEigen, symmetricEigen } from './symmetric-eigen.ts';

/**
 * Every eigenvalue, and the eigenvectors of the largest k. They are as orthogonal as float64 allows for the smallest of
 * their eigenvalues: to about 1e-16 · λ₁ / λₖ, which the caller has to check.
 *
 * @param matrix row-major Float64Array [n × n], symmetric; left as it is
 * @param most the rank, or more
 * @param k how many eigenvectors, 1 to n
 * @returns undefined where the rank is below k or above `most`
 */
export async function lowRankEigen(
  matrix: Float64Array,
  n: number,
  most: number,
  k: number,
  products: MatrixProducts,
): Promise<SymmetricEigen | undefined> {
  const factor = factorizeLowRank(matrix, n, most);
  if (factor === undefined || factor.length < k * n) return undefined;
  const rank = factor.length / n;
  const gram = await products.multiply(factor, transpose(factor, rank, n), rank, n, rank);
  const { values, vectors: inner } = await symmetricEigen(gram, rank, k, products);

  const vectors = await products.multiply(inner, factor, k, rank, n);
  for (let r = 0; r < k; r++) {
    const length = Math.sqrt(values[r]!);
    for (let i = r * n; i < (r + 1) * n; i++) vectors[i]! /= length;
  }
  const all = new Float64Array(n);
  all.set(values);
  return { values: all, vectors };
}

/** L [rank × n] of A = LᵀL, the largest remaining diagonal element as each next pivot; undefined where `most` rows leave a rest. */
export function factorizeLowRank(matrix: Float64Array, n: number, most: number): Float64Array | undefined {
  const rest = Float64Array.from({ length: n }, (_, i) => matrix[i * n + i]!);
  // What rounding leaves: Higham's bound for the stop, with a factor for the sums before it.
  const negligible = 4 * n * Number.EPSILON * rest.reduce((most, value) => Math.max(most, value), 0);
  const factor = new Float64Array(most * n);
  for (let rank = 0; rank <= most; rank++) {
    const pivot = rest.indexOf(rest.reduce((most, value) => Math.max(most, value), 0));
    if (!(rest[pivot]! > negligible)) return factor.subarray(0, rank * n);
    if (rank === most) return undefined;
    const row = factor.subarray(rank * n, (rank + 1) * n);
    row.set(matrix.subarray(pivot * n, (pivot + 1) * n));
    for (let at = 0; at < rank * n; at += n) {
      const weight = factor[at + pivot]!;
      for (let i = 0; i < n; i++) row[i]! -= weight * factor[at + i]!;
    }
    const length = Math.sqrt(rest[pivot]!);
    for (let i = 0; i < n; i++) {
      row[i]! /= length;
      rest[i]! -= row[i]! * row[i]!;
    }
    rest[pivot] = 0;
  }
  return undefined;
}
