/** The few directions in which most of the rows' length lies: what the neighbour index keeps of many rows. */
import { type MatrixProducts, transpose } from '../pca/matrix.ts';
import type { Moments } from '../pca/moments.ts';

/** Directions that are carried along so that the last of those wanted are right too. */
const SPARE = 16;
/** Enough for the nearest neighbours to be those that the exact directions give. */
const ROUNDS = 4;

/**
 * The leading eigenvectors of the second moments Σ x xᵀ / n, about zero and not about the mean, because cosines are taken
 * from there: to the accuracy that four rounds of subspace iteration give (Halko, Martinsson and Tropp, 2011, algorithm 4.4).
 * The same moments give the same bits.
 *
 * @param width directions wanted, at most d
 * @returns orthonormal columns, row-major Float64Array [d × width]
 */
export async function mainDirections(
  { dimension: d, count, mean, scatter }: Moments,
  width: number,
  products: MatrixProducts,
): Promise<Float64Array> {
  const wide = Math.min(d, width + SPARE);
  const matrix = new Float64Array(d * d);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < d; j++) matrix[i * d + j] = scatter[i * d + j]! / count + mean[i]! * mean[j]!;
  }
  let rows = startingRows(wide, d);
  for (let round = 0; round < ROUNDS; round++) {
    orthonormalize(rows, d);
    rows = await products.multiply(rows, matrix, wide, d, d);
  }
  // Rows of a product are longest where they lie along large eigenvalues, and the start leads with none of them.
  orthonormalize(rows, d);
  return transpose(rows.subarray(0, width * d), width, d);
}

/** Numbers between −1 and 1 that are the same each time (Lehmer, 1951). */
function startingRows(count: number, d: number): Float64Array {
  let state = 1;
  return Float64Array.from({ length: count * d }, () => {
    state = (state * 48271) % 2147483647;
    return (2 * state) / 2147483647 - 1;
  });
}

/** Gram and Schmidt's, each row twice; a row that depends on those before it becomes zero. */
function orthonormalize(rows: Float64Array, d: number): void {
  for (let start = 0; start < rows.length; start += d) {
    const row = rows.subarray(start, start + d);
    const before = normOf(row);
    for (let pass = 0; pass < 2; pass++) {
      for (let other = 0; other < start; other += d) {
        let overlap = 0;
        for (let i = 0; i < d; i++) overlap += row[i]! * rows[other + i]!;
        for (let i = 0; i < d; i++) row[i]! -= overlap * rows[other + i]!;
      }
    }
    const length = normOf(row);
    const scale = length > before * 1e-10 ? 1 / length : 0;
    for (let i = 0; i < d; i++) row[i]! *= scale;
  }
}

function normOf(row: Float64Array): number {
  return Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
}
