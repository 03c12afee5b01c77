/**
 * Reduction of a symmetric matrix to tridiagonal form by Householder reflections, a panel of columns at a time, and the
 * way back. The reduction is in WebAssembly: layers/kernels/assembly/tridiagonal.ts.
 *
 * Dongarra, Sorensen and Hammarling, "Block reduction of matrices to condensed forms for eigenvalue computations",
 * J. Comput. Appl. Math. 27 (1989); LAPACK's dsytrd and dlatrd.
 */
import { type KernelMemory, reserve, startKernel } from '../webassembly.ts';
import { type MatrixProducts, transpose } from './matrix.ts';
import { TRIDIAGONAL_KERNEL } from './tridiagonal-kernel.ts';

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

interface Kernel {
  memory: KernelMemory;
  reducePanel(
    matrix: number,
    width: number,
    size: number,
    start: number,
    count: number,
    v: number,
    w: number,
    result: number,
  ): void;
  updateTrailing(
    matrix: number,
    width: number,
    start: number,
    count: number,
    v: number,
    w: number,
    packed: number,
  ): void;
}

/** Columns in a panel, a multiple of four. Measured at n = 1280. */
const PANEL = 32;

/**
 * Reduces a symmetric matrix to tridiagonal form. The same matrix gives the same bits on every machine.
 *
 * @param matrix row-major Float64Array [n × n], symmetric; left as it is
 */
export function tridiagonalize(matrix: Float64Array, n: number): Tridiagonal {
  const kernel = startKernel<Kernel>(TRIDIAGONAL_KERNEL);
  const stride = Math.ceil(n / 4) * 4;
  const width = stride * 8;
  const v = stride * width;
  const w = v + PANEL * width;
  const packed = w + PANEL * width;
  const result = packed + 2 * PANEL * width;
  reserve(kernel.memory, result + PANEL * 24);
  const numbers = new Float64Array(kernel.memory.buffer);
  for (let i = 0; i < n; i++) numbers.set(matrix.subarray(i * n, (i + 1) * n), i * stride);

  const diagonal = new Float64Array(n);
  const offDiagonal = new Float64Array(n - 1);
  const panels: Panel[] = [];
  for (let start = 0; start < n; start += PANEL) {
    const count = Math.min(PANEL, n - start);
    kernel.reducePanel(0, width, n, start, count, v, w, result);
    if (start + count < n) kernel.updateTrailing(0, width, start + count, count, v, w, packed);
    const size = n - start;
    const panel = { size, reflectors: new Float64Array(count * size), tau: new Float64Array(count) };
    for (let c = 0; c < count; c++) {
      const row = v / 8 + c * stride;
      panel.reflectors.set(numbers.subarray(row + start, row + n), c * size);
      const at = result / 8 + 3 * c;
      diagonal[start + c] = numbers[at]!;
      if (start + c + 1 === n) continue;
      offDiagonal[start + c] = numbers[at + 1]!;
      panel.tau[c] = numbers[at + 2]!;
    }
    panels.push(panel);
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
    const turned = transpose(reflectors, count, size);
    const factor = triangularFactor(await products.multiply(reflectors, turned, count, size, count), tau);
    const inner = await products.multiply(reflectors, block, count, size, k);
    const scaled = await products.multiply(factor, inner, count, count, k);
    const change = await products.multiply(turned, scaled, size, count, k);
    for (let i = 0; i < block.length; i++) block[i]! -= change[i]!;
  }
}

/**
 * The upper triangular T [count × count] of I − V T Vᵀ (LAPACK's dlarft, forward and columnwise).
 *
 * @param overlaps VᵀV, row-major Float64Array [count × count]
 */
function triangularFactor(overlaps: Float64Array, tau: Float64Array): Float64Array {
  const count = tau.length;
  const factor = new Float64Array(count * count);
  for (let c = 0; c < count; c++) {
    for (let p = 0; p < c; p++) {
      let sum = 0;
      for (let q = p; q < c; q++) sum += factor[p * count + q]! * overlaps[q * count + c]!;
      factor[p * count + c] = -tau[c]! * sum;
    }
    factor[c * count + c] = tau[c]!;
  }
  return factor;
}
