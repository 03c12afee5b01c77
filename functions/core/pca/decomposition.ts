import { Matrix } from 'ml-matrix';
import { PCA } from 'ml-pca';
import { lowRankEigen } from './low-rank.ts';
import { type MatrixProducts, transpose } from './matrix.ts';
import { type SymmetricEigen, symmetricEigen } from './symmetric-eigen.ts';

/**
 * Eigenvalues of a symmetric positive semidefinite matrix and eigenvectors of the largest k, by the quickest way that
 * fulfils A v = λ v and VᵀV = I: from the rank where it is low, else from the whole matrix. ml-pca takes small matrices
 * and, so that no wrong number is ever written, whatever the others get wrong.
 *
 * @param matrix row-major Float64Array [n × n]; left as it is
 * @param rank the matrix's rank, or more
 * @param k how many eigenvectors, 1 to n
 */
export async function decompose(
  matrix: Float64Array,
  n: number,
  rank: number,
  k: number,
  products: MatrixProducts,
): Promise<{ eigen: SymmetricEigen; warnings: string[] }> {
  if (n <= SMALL) return { eigen: decomposeWithMlPca(matrix, n), warnings: [] };
  if (rank <= n * LOW_RANK) {
    const eigen = await lowRankEigen(matrix, n, rank, k, products);
    if (eigen && (await errorOf(eigen, matrix, n, k, products)) <= TOLERANCE) return { eigen, warnings: [] };
  }
  const eigen = await symmetricEigen(matrix, n, k, products);
  const error = await errorOf(eigen, matrix, n, k, products);
  if (error <= TOLERANCE) return { eigen, warnings: [] };
  return {
    eigen: decomposeWithMlPca(matrix, n),
    warnings: [`Fitted by ml-pca: the faster decomposition was off by ${error.toExponential(1)}.`],
  };
}

/** Up to this many columns ml-pca takes milliseconds. */
const SMALL = 64;

/** Up to this share of n the rank is taken to be low; at half of n both ways cost the same. */
const LOW_RANK = 1 / 3;

/** What a native decomposition must fulfil: 1,000 times what it was measured to, well within what is promised. */
const TOLERANCE = 1e-11;

function decomposeWithMlPca(matrix: Float64Array, n: number): SymmetricEigen {
  const pca = new PCA(Matrix.from1DArray(n, n, matrix), { isCovarianceMatrix: true });
  return {
    values: Float64Array.from(pca.getEigenvalues()),
    vectors: Float64Array.from(pca.getLoadings().to1DArray()),
  };
}

/** The largest element of A Vᵀ − Vᵀ Λ, beside the largest eigenvalue, and of V Vᵀ − I. */
async function errorOf(
  { values, vectors }: SymmetricEigen,
  matrix: Float64Array,
  n: number,
  k: number,
  products: MatrixProducts,
): Promise<number> {
  const images = await products.multiply(vectors, matrix, k, n, n);
  const overlaps = await products.multiply(vectors, transpose(vectors, k, n), k, n, k);
  let error = 0;
  for (let r = 0; r < k; r++) {
    for (let i = 0; i < n; i++) {
      const residual = images[r * n + i]! - values[r]! * vectors[r * n + i]!;
      error = Math.max(error, Math.abs(residual) / values[0]!);
    }
    for (let c = 0; c < k; c++) error = Math.max(error, Math.abs(overlaps[r * k + c]! - (r === c ? 1 : 0)));
  }
  // Math.max hands a NaN on, and a NaN is within no tolerance.
  return error;
}
