/**
 * Reduction of a symmetric matrix to tridiagonal form by Householder reflections, a panel of columns at a time, so
 * that half of the work is in matrix products.
 *
 * Dongarra, Sorensen and Hammarling, "Block reduction of matrices to condensed forms for eigenvalue computations",
 * J. Comput. Appl. Math. 27 (1989); LAPACK's dsytrd and dlatrd.
 */
import { type MatrixProducts, transpose } from './matrix.ts';

/** T = Qᵀ A Q. */
export interface Tridiagonal {
  /** Float64Array [n]. */
  diagonal: Float64Array;
  /** Float64Array [n − 1]. */
  offDiagonal: Float64Array;
  /** Q as a product of reflections. */
  panels: Panel[];
}

/** Some reflections I − τ v vᵀ, over the last `size` coordinates. */
interface Panel {
  size: number;
  /** Row-major [count × size]: one v a row. */
  reflectors: Float64Array;
  tau: Float64Array;
}

/** Columns in a panel: small enough for plain loops, wide enough for products. Measured at n = 1280. */
const PANEL = 32;

/**
 * Reduces a symmetric matrix to tridiagonal form.
 *
 * @param matrix row-major Float64Array [n × n], symmetric; left as it is
 */
export async function tridiagonalize(
  matrix: Float64Array,
  n: number,
  products: MatrixProducts,
): Promise<Tridiagonal> {
  const diagonal = new Float64Array(n);
  const offDiagonal = new Float64Array(n - 1);
  const panels: Panel[] = [];
  let trailing = matrix;
  for (let start = 0; start < n; start += PANEL) {
    const size = n - start;
    const count = Math.min(PANEL, size);
    const { panel, updates } = await reducePanel(
      trailing,
      size,
      count,
      diagonal.subarray(start),
      offDiagonal.subarray(start),
      products,
    );
    panels.push(panel);
    if (size > count) trailing = await updateTrailing(trailing, panel, updates, products);
  }
  return { diagonal, offDiagonal, panels };
}

/**
 * Q·Z: eigenvectors of the tridiagonal matrix to eigenvectors of the matrix it came from. Changes Z in place.
 *
 * The reflections of a panel are applied together as I − V T Vᵀ: Schreiber and Van Loan, "A storage-efficient WY
 * representation for products of Householder transformations", SIAM J. Sci. Stat. Comput. 10 (1989).
 *
 * @param vectors row-major Float64Array [n × k]
 */
export async function applyReflectors(
  panels: Panel[],
  vectors: Float64Array,
  k: number,
  products: MatrixProducts,
): Promise<void> {
  for (const { size, reflectors, tau } of panels.toReversed()) {
    const count = tau.length;
    const block = vectors.subarray(vectors.length - size * k);
    const inner = await products.multiply(reflectors, block, count, size, k);
    const factor = triangularFactor(reflectors, tau, size);
    const scaled = await products.multiply(factor, inner, count, count, k);
    const change = await products.multiply(transpose(reflectors, count, size), scaled, size, count, k);
    for (let i = 0; i < block.length; i++) block[i]! -= change[i]!;
  }
}

/** Reduces the first `count` columns; the rest of the matrix is left for V Wᵀ + W Vᵀ to be subtracted from it. */
async function reducePanel(
  matrix: Float64Array,
  size: number,
  count: number,
  diagonal: Float64Array,
  offDiagonal: Float64Array,
  products: MatrixProducts,
): Promise<{ panel: Panel; updates: Float64Array }> {
  const reflectors = new Float64Array(count * size);
  const updates = new Float64Array(count * size);
  const tau = new Float64Array(count);
  const column = new Float64Array(size);
  for (let c = 0; c < count; c++) {
    column.set(matrix.subarray(c * size, (c + 1) * size));
    for (let p = 0; p < c; p++) {
      const v = reflectors.subarray(p * size, (p + 1) * size);
      const w = updates.subarray(p * size, (p + 1) * size);
      addTwo(column, -w[c]!, v, -v[c]!, w, c);
    }
    diagonal[c] = column[c]!;
    if (c + 1 === size) break;
    const v = reflectors.subarray(c * size, (c + 1) * size);
    const w = updates.subarray(c * size, (c + 1) * size);
    const reflection = reflect(column, c + 1, v);
    offDiagonal[c] = reflection.length;
    tau[c] = reflection.tau;
    if (reflection.tau === 0) continue;

    // v is zero up to the column, so the whole matrix may be multiplied; what lands in w up to there is never read.
    w.set(await products.multiply(matrix, v, size, size, 1));
    for (let p = 0; p < c; p++) {
      const pastV = reflectors.subarray(p * size, (p + 1) * size);
      const pastW = updates.subarray(p * size, (p + 1) * size);
      addTwo(w, -dot(pastW, v, c + 1), pastV, -dot(pastV, v, c + 1), pastW, c + 1);
    }
    const half = (reflection.tau * dot(w, v, c + 1)) / 2;
    for (let i = c + 1; i < size; i++) w[i] = reflection.tau * (w[i]! - half * v[i]!);
  }
  return { panel: { size, reflectors, tau }, updates };
}

/** The reflection that leaves of column[from…] only its first element: writes v, with v[from] = 1. */
function reflect(column: Float64Array, from: number, v: Float64Array): { length: number; tau: number } {
  const first = column[from]!;
  const rest = dot(column, column, from + 1);
  if (rest === 0) return { length: first, tau: 0 };
  const length = -Math.sign(first || 1) * Math.sqrt(first * first + rest);
  const scale = 1 / (first - length);
  for (let i = from + 1; i < column.length; i++) v[i] = column[i]! * scale;
  v[from] = 1;
  return { length, tau: (length - first) / length };
}

/** What remains to be reduced: the matrix without the panel's rows and columns, less V Wᵀ + W Vᵀ. */
async function updateTrailing(
  matrix: Float64Array,
  { size, reflectors, tau }: Panel,
  updates: Float64Array,
  products: MatrixProducts,
): Promise<Float64Array> {
  const count = tau.length;
  const rest = size - count;
  const left = new Float64Array(rest * 2 * count);
  const right = new Float64Array(2 * count * rest);
  for (let p = 0; p < count; p++) {
    const v = reflectors.subarray(p * size + count, (p + 1) * size);
    const w = updates.subarray(p * size + count, (p + 1) * size);
    right.set(w, p * rest);
    right.set(v, (count + p) * rest);
    for (let i = 0; i < rest; i++) {
      left[i * 2 * count + p] = v[i]!;
      left[i * 2 * count + count + p] = w[i]!;
    }
  }
  const trailing = await products.multiply(left, right, rest, 2 * count, rest);
  for (let i = 0; i < rest; i++) {
    const row = (i + count) * size + count;
    for (let j = 0; j < rest; j++) trailing[i * rest + j] = matrix[row + j]! - trailing[i * rest + j]!;
  }
  return trailing;
}

/** The upper triangular T [count × count] of I − V T Vᵀ (LAPACK's dlarft, forward and columnwise). */
function triangularFactor(reflectors: Float64Array, tau: Float64Array, size: number): Float64Array {
  const count = tau.length;
  const factor = new Float64Array(count * count);
  for (let c = 0; c < count; c++) {
    const v = reflectors.subarray(c * size, (c + 1) * size);
    const overlap = tau.map((_, p) => (p < c ? dot(reflectors.subarray(p * size, (p + 1) * size), v, c) : 0));
    for (let p = 0; p < c; p++) {
      let sum = 0;
      for (let q = p; q < c; q++) sum += factor[p * count + q]! * overlap[q]!;
      factor[p * count + c] = -tau[c]! * sum;
    }
    factor[c * count + c] = tau[c]!;
  }
  return factor;
}

function dot(a: Float64Array, b: Float64Array, from: number): number {
  let sum = 0;
  for (let i = from; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** target[from…] += α·a + β·b */
function addTwo(
  target: Float64Array,
  alpha: number,
  a: Float64Array,
  beta: number,
  b: Float64Array,
  from: number,
): void {
  for (let i = from; i < target.length; i++) target[i]! += alpha * a[i]! + beta * b[i]!;
}
