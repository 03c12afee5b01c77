/**
 * The eigenvectors of a symmetric tridiagonal matrix by divide and conquer: solve two halves, join them by a
 * rank-one term. Nearly all the work is in matrix products.
 *
 * Cuppen, "A divide and conquer method for the symmetric tridiagonal eigenproblem", Numer. Math. 36 (1981).
 */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { deflate, rotateRows } from './deflation.ts';
import type { MatrixProducts } from './matrix.ts';
import { refineVector, type SecularRoots, solveSecular } from './secular.ts';

export interface TridiagonalEigen {
  /** Every eigenvalue, Float64Array [n], ascending. */
  values: Float64Array;
  /** Orthonormal columns of the largest k, row-major Float64Array [n × k], in the order of `values`. */
  vectors: Float64Array;
}

/** Up to this size a dense solver is quicker than joining. */
const SMALL = 32;

/**
 * All eigenvalues, and the eigenvectors of the largest k.
 *
 * @param diagonal Float64Array [n]; elements of about 1 at most
 * @param offDiagonal Float64Array [n − 1]
 * @param k how many eigenvectors, 1 to n
 */
export async function solveTridiagonal(
  diagonal: Float64Array,
  offDiagonal: Float64Array,
  k: number,
  products: MatrixProducts,
): Promise<TridiagonalEigen> {
  const n = diagonal.length;
  if (n <= SMALL) return solveDense(diagonal, offDiagonal, k);

  // T = diag(T₁, T₂) + ρ u uᵀ, with u zero but for 1 at the end of T₁ and ±1 at the start of T₂.
  const half = n >> 1;
  const coupling = offDiagonal[half - 1]!;
  const torn = diagonal.slice();
  torn[half - 1]! -= Math.abs(coupling);
  torn[half]! -= Math.abs(coupling);
  const upper = await solveTridiagonal(
    torn.subarray(0, half),
    offDiagonal.subarray(0, half - 1),
    half,
    products,
  );
  const lower = await solveTridiagonal(torn.subarray(half), offDiagonal.subarray(half), n - half, products);

  const { values, vectors } = join(upper, lower, coupling, k);
  const rotated = new Float64Array(n * k);
  const rest = n - half;
  rotated.set(await products.multiply(upper.vectors, vectors.subarray(0, half * k), half, half, k));
  rotated.set(await products.multiply(lower.vectors, vectors.subarray(half * k), rest, rest, k), half * k);
  return { values, vectors: rotated };
}

/** The eigenvalues of the joined halves, and the eigenvectors [n × k] in the basis of the halves' eigenvectors. */
function join(
  upper: TridiagonalEigen,
  lower: TridiagonalEigen,
  coupling: number,
  k: number,
): TridiagonalEigen {
  const half = upper.values.length;
  const n = half + lower.values.length;
  const d = Float64Array.of(...upper.values, ...lower.values);
  // u in the halves' bases: the last row of one, the first of the other; divided by its length √2.
  const z = new Float64Array(n);
  for (let i = 0; i < half; i++) z[i] = upper.vectors[(half - 1) * half + i]! / Math.SQRT2;
  for (let i = half; i < n; i++) z[i] = (Math.sign(coupling) * lower.vectors[i - half]!) / Math.SQRT2;
  const rho = 2 * Math.abs(coupling);

  const { active, deflated, rotations } = deflate(d, z, rho);
  const poles = Float64Array.from(active, (i) => d[i]!);
  const weights = Float64Array.from(active, (i) => z[i]!);
  const roots = solveSecular(poles, weights, rho);
  const columns: { value: number; root?: number; index?: number }[] = [
    ...active.map((_, root) => ({ value: poles[roots.origin[root]!]! + roots.shift[root]!, root })),
    ...deflated.map((index) => ({ value: d[index]!, index })),
  ].sort((a, b) => a.value - b.value);

  const vectors = new Float64Array(n * k);
  const solved: { root: number; column: number }[] = [];
  for (const [column, { root, index }] of columns.slice(n - k).entries()) {
    if (index !== undefined) vectors[index * k + column] = 1;
    if (root !== undefined) solved.push({ root, column });
  }
  const refined = refineVector(poles, weights, roots);
  writeVectors(vectors, k, { active, poles, weights: refined, roots, solved });
  for (const rotation of rotations.reverse()) rotateRows(vectors, k, rotation);
  return { values: Float64Array.from(columns, ({ value }) => value), vectors };
}

/**
 * Writes the eigenvectors of diag(poles) + ρ w wᵀ, wᵢ / (poleᵢ − λ) each divided by its length, into some columns of
 * `vectors` [n × k] and the active rows. A row at a time, since that is how they lie in memory.
 */
function writeVectors(
  vectors: Float64Array,
  k: number,
  from: {
    active: number[];
    poles: Float64Array;
    weights: Float64Array;
    roots: SecularRoots;
    solved: { root: number; column: number }[];
  },
): void {
  const { active, poles, weights, roots, solved } = from;
  const at = Int32Array.from(solved, ({ column }) => column);
  const origins = Float64Array.from(solved, ({ root }) => poles[roots.origin[root]!]!);
  const shifts = Float64Array.from(solved, ({ root }) => roots.shift[root]!);
  const lengths = new Float64Array(at.length);
  for (const [i, row] of active.entries()) {
    for (let c = 0; c < at.length; c++) {
      const value = weights[i]! / (poles[i]! - origins[c]! - shifts[c]!);
      vectors[row * k + at[c]!] = value;
      lengths[c]! += value * value;
    }
  }
  for (let c = 0; c < at.length; c++) lengths[c] = Math.sqrt(lengths[c]!);
  for (const row of active) for (let c = 0; c < at.length; c++) vectors[row * k + at[c]!]! /= lengths[c]!;
}

function solveDense(diagonal: Float64Array, offDiagonal: Float64Array, k: number): TridiagonalEigen {
  const n = diagonal.length;
  const matrix = Matrix.zeros(n, n);
  for (let i = 0; i < n; i++) matrix.set(i, i, diagonal[i]!);
  for (let i = 1; i < n; i++) {
    matrix.set(i, i - 1, offDiagonal[i - 1]!);
    matrix.set(i - 1, i, offDiagonal[i - 1]!);
  }
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(matrix, {
    assumeSymmetric: true,
  });
  const vectors = eigenvectorMatrix.subMatrix(0, n - 1, n - k, n - 1).to1DArray();
  return { values: Float64Array.from(realEigenvalues), vectors: Float64Array.from(vectors) };
}
