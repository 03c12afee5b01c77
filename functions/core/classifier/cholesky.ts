/** Linear systems with a symmetric, positive definite matrix, in blocks: most of the work is native matrix products. */
import { ContractBroken } from '../errors.ts';
import { type MatrixProducts, transpose } from '../pca/matrix.ts';

/** Columns factored at a time. */
const BLOCK = 64;

/**
 * X of A X = B by Cholesky's A = L Lᵀ, blocked (Golub and Van Loan, Matrix Computations, 4.2.9).
 *
 * @param a symmetric, positive definite, row-major Float64Array [n × n]; overwritten with L in its lower half
 * @param b row-major Float64Array [n × m]; overwritten with X
 * @returns b
 * @throws ContractBroken where the matrix is not positive definite
 */
export async function solveInPlace(
  a: Float64Array,
  b: Float64Array,
  n: number,
  m: number,
  products: MatrixProducts,
): Promise<Float64Array> {
  const blocks = Array.from({ length: Math.ceil(n / BLOCK) }, (_, block) => block * BLOCK);
  for (const start of blocks) {
    const end = Math.min(start + BLOCK, n);
    factorColumns(a, n, start, end);
    if (end === n) break;
    const below = cut(a, n, end, n, start, end);
    const update = await products.multiply(
      below,
      transpose(below, n - end, end - start),
      n - end,
      end - start,
      n - end,
    );
    for (let i = end; i < n; i++)
      for (let j = end; j <= i; j++) a[i * n + j]! -= update[(i - end) * (n - end) + j - end]!;
  }
  for (const start of blocks) {
    const end = Math.min(start + BLOCK, n);
    for (let i = start; i < end; i++) {
      for (let k = start; k < i; k++) addScaled(b, i * m, k * m, m, -a[i * n + k]!);
      scale(b, i * m, m, 1 / a[i * n + i]!);
    }
    if (end < n) await subtractProduct(b, end, n, cut(a, n, end, n, start, end), start, end, m, products);
  }
  for (const start of blocks.reverse()) {
    const end = Math.min(start + BLOCK, n);
    for (let i = end - 1; i >= start; i--) {
      for (let k = i + 1; k < end; k++) addScaled(b, i * m, k * m, m, -a[k * n + i]!);
      scale(b, i * m, m, 1 / a[i * n + i]!);
    }
    const left = transpose(cut(a, n, start, end, 0, start), end - start, start);
    if (start > 0) await subtractProduct(b, 0, start, left, start, end, m, products);
  }
  return b;
}

/** Columns start…end of L, from a matrix from which the columns before them were taken. */
function factorColumns(a: Float64Array, n: number, start: number, end: number): void {
  for (let i = start; i < n; i++) {
    for (let j = start; j < Math.min(i + 1, end); j++) {
      let value = a[i * n + j]!;
      for (let k = start; k < j; k++) value -= a[i * n + k]! * a[j * n + k]!;
      if (i > j) a[i * n + j] = value / a[j * n + j]!;
      else if (value > 0) a[i * n + i] = Math.sqrt(value);
      else
        throw new ContractBroken(`column ${i} of the matrix to be solved is not positive definite: ${value}`);
    }
  }
}

/** Rows from…to of b lose the product of `left` and rows start…end of b. */
async function subtractProduct(
  b: Float64Array,
  from: number,
  to: number,
  left: Float64Array,
  start: number,
  end: number,
  m: number,
  products: MatrixProducts,
): Promise<void> {
  const product = await products.multiply(left, b.subarray(start * m, end * m), to - from, end - start, m);
  for (let i = 0, at = from * m; i < product.length; i++, at++) b[at]! -= product[i]!;
}

/** Rows and columns of a row-major matrix with n columns. */
function cut(
  a: Float64Array,
  n: number,
  top: number,
  bottom: number,
  left: number,
  right: number,
): Float64Array {
  const piece = new Float64Array((bottom - top) * (right - left));
  for (let row = top; row < bottom; row++) {
    piece.set(a.subarray(row * n + left, row * n + right), (row - top) * (right - left));
  }
  return piece;
}

function addScaled(b: Float64Array, to: number, from: number, m: number, factor: number): void {
  for (let c = 0; c < m; c++) b[to + c]! += factor * b[from + c]!;
}

function scale(b: Float64Array, at: number, m: number, factor: number): void {
  for (let c = 0; c < m; c++) b[at + c]! *= factor;
}
