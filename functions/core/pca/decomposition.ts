import { Matrix } from 'ml-matrix';
import { PCA } from 'ml-pca';
import type { MatrixProducts } from './matrix.ts';
import { type SymmetricEigen, symmetricEigen } from './symmetric-eigen.ts';

/**
 * Eigenvalues of a symmetric matrix and eigenvectors of the largest k: by ml-pca where the matrix is small or, so that
 * no wrong number is ever written, where the fast way's result does not fulfil A v = λ v and VᵀV = I.
 */
export async function decompose(
  matrix: Float64Array,
  n: number,
  k: number,
  products: MatrixProducts,
): Promise<{ eigen: SymmetricEigen; warnings: string[] }> {
  if (n <= SMALL) return { eigen: decomposeWithMlPca(matrix, n), warnings: [] };
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

/** What the native decomposition must fulfil: 1,000 times what it was measured to, well within what is promised. */
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
  const columns = new Float64Array(n * k);
  for (let r = 0; r < k; r++) for (let i = 0; i < n; i++) columns[i * k + r] = vectors[r * n + i]!;
  const overlaps = await products.multiply(vectors, columns, k, n, k);
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
