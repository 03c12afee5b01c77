/**
 * The eigenvectors of a symmetric tridiagonal matrix by divide and conquer: solve two halves, join them by a
 * rank-one term. Nearly all the work is in matrix products.
 *
 * Cuppen, "A divide and conquer method for the symmetric tridiagonal eigenproblem", Numer. Math. 36 (1981);
 * deflation as in LAPACK's dlaed2.
 */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import type { MatrixProducts } from './matrix.ts';
import { refineVector, solveSecular } from './secular.ts';

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
  const refined = refineVector(poles, weights, roots);
  const columns: { value: number; root?: number; index?: number }[] = [
    ...active.map((_, root) => ({ value: poles[roots.origin[root]!]! + roots.shift[root]!, root })),
    ...deflated.map((index) => ({ value: d[index]!, index })),
  ].sort((a, b) => a.value - b.value);

  const vectors = new Float64Array(n * k);
  for (const [column, { root, index }] of columns.slice(n - k).entries()) {
    if (index !== undefined) vectors[index * k + column] = 1;
    if (root === undefined) continue;
    const origin = poles[roots.origin[root]!]!;
    const shift = roots.shift[root]!;
    const vector = refined.map((value, i) => value / (poles[i]! - origin - shift));
    const length = Math.hypot(...vector);
    for (let i = 0; i < active.length; i++) vectors[active[i]! * k + column] = vector[i]! / length;
  }
  for (const rotation of rotations.reverse()) rotateRows(vectors, k, rotation);
  return { values: Float64Array.from(columns, ({ value }) => value), vectors };
}

interface Deflation {
  /** Indices that remain, by ascending d. */
  active: number[];
  /** Indices set apart. */
  deflated: number[];
  /** Of the basis, in the order in which they were made. */
  rotations: Rotation[];
}

interface Rotation {
  first: number;
  second: number;
  cosine: number;
  sine: number;
}

/**
 * Sets apart what the rank-one term does not change to working precision: elements with a negligible weight, and
 * all but one of a group of equal ones, whose weights a rotation gathers in that one. Changes d and z in place.
 */
function deflate(d: Float64Array, z: Float64Array, rho: number): Deflation {
  const largest = Math.max(...d.map(Math.abs), ...z.map(Math.abs));
  const negligible = 8 * Number.EPSILON * largest;
  const active: number[] = [];
  const deflated: number[] = [];
  const rotations: Rotation[] = [];
  for (const i of [...d.keys()].sort((a, b) => d[a]! - d[b]!)) {
    if (rho * Math.abs(z[i]!) <= negligible) {
      deflated.push(i);
      continue;
    }
    const previous = active.at(-1);
    if (previous !== undefined) {
      const length = Math.hypot(z[i]!, z[previous]!);
      const cosine = z[i]! / length;
      const sine = -z[previous]! / length;
      const [low, high] = [d[previous]!, d[i]!];
      if (Math.abs((high - low) * cosine * sine) <= negligible) {
        z[i] = length;
        z[previous] = 0;
        d[previous] = low * cosine ** 2 + high * sine ** 2;
        d[i] = low * sine ** 2 + high * cosine ** 2;
        rotations.push({ first: previous, second: i, cosine, sine });
        deflated.push(previous);
        active.pop();
      }
    }
    active.push(i);
  }
  return { active, deflated, rotations };
}

function rotateRows(rows: Float64Array, width: number, { first, second, cosine, sine }: Rotation): void {
  for (let c = 0; c < width; c++) {
    const a = rows[first * width + c]!;
    const b = rows[second * width + c]!;
    rows[first * width + c] = cosine * a - sine * b;
    rows[second * width + c] = sine * a + cosine * b;
  }
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
