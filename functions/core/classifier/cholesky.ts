/** Linear systems with a symmetric, positive definite matrix, halved again and again: most of the work is large native products. */
import { ContractBroken } from '../errors.ts';
import type { MatrixProducts } from '../pca/matrix.ts';

/** Rows and columns that are no longer halved. */
const SMALL = 64;

/** A row-major matrix with so many columns. */
interface Matrix {
  values: Float64Array;
  columns: number;
}

type Span = readonly [start: number, end: number];

/**
 * X of A X = B by Cholesky's A = L Lᵀ, recursively (Golub and Van Loan, Matrix Computations, 4.2).
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
  const factor = { values: a, columns: n };
  const sides = { values: b, columns: m };
  const solver = new Solver(products);
  await solver.factorize(factor, [0, n]);
  await solver.solveLower(factor, sides, [0, n]);
  await solver.solveUpper(factor, sides, [0, n]);
  return b;
}

class Solver {
  readonly #products: MatrixProducts;

  constructor(products: MatrixProducts) {
    this.#products = products;
  }

  /** L of a block on the diagonal, from which the columns before it were taken. */
  async factorize(a: Matrix, [start, end]: Span): Promise<void> {
    if (end - start <= SMALL) return factorizeSmall(a, start, end);
    const middle = half(start, end);
    await this.factorize(a, [start, middle]);
    await this.#divide(a, [middle, end], [start, middle]);
    await this.#subtract(a, [middle, end], [middle, end], a, false, [start, middle], a, true);
    await this.factorize(a, [middle, end]);
  }

  /** Rows below a block on the diagonal become those of L: X of X Lᵀ = A. */
  async #divide(a: Matrix, rows: Span, [start, end]: Span): Promise<void> {
    if (end - start <= SMALL) return divideSmall(a, rows, start, end);
    const middle = half(start, end);
    await this.#divide(a, rows, [start, middle]);
    await this.#subtract(a, rows, [middle, end], a, false, [start, middle], a, true);
    await this.#divide(a, rows, [middle, end]);
  }

  /** L X = B. */
  async solveLower(l: Matrix, b: Matrix, [start, end]: Span): Promise<void> {
    if (end - start <= SMALL) {
      for (let i = start; i < end; i++) {
        for (let k = start; k < i; k++) addScaled(b, i, k, -l.values[i * l.columns + k]!);
        scale(b, i, 1 / l.values[i * l.columns + i]!);
      }
      return;
    }
    const middle = half(start, end);
    await this.solveLower(l, b, [start, middle]);
    await this.#subtract(b, [middle, end], [0, b.columns], l, false, [start, middle], b, false);
    await this.solveLower(l, b, [middle, end]);
  }

  /** Lᵀ X = B. */
  async solveUpper(l: Matrix, b: Matrix, [start, end]: Span): Promise<void> {
    if (end - start <= SMALL) {
      for (let i = end - 1; i >= start; i--) {
        for (let k = i + 1; k < end; k++) addScaled(b, i, k, -l.values[k * l.columns + i]!);
        scale(b, i, 1 / l.values[i * l.columns + i]!);
      }
      return;
    }
    const middle = half(start, end);
    await this.solveUpper(l, b, [middle, end]);
    await this.#subtract(b, [start, middle], [0, b.columns], l, true, [middle, end], b, false);
    await this.solveUpper(l, b, [start, middle]);
  }

  /** Rows and columns of `from` lose the product of `left` [rows × inner] and `right` [inner × columns], either turned or not. */
  async #subtract(
    from: Matrix,
    rows: Span,
    columns: Span,
    left: Matrix,
    leftTurned: boolean,
    inner: Span,
    right: Matrix,
    rightTurned: boolean,
  ): Promise<void> {
    const [m, n, p] = [rows, inner, columns].map(([start, end]) => end - start) as [number, number, number];
    const a = leftTurned ? cutTurned(left, inner, rows) : cut(left, rows, inner);
    const b = rightTurned ? cutTurned(right, columns, inner) : cut(right, inner, columns);
    const product = await this.#products.multiply(a, b, m, n, p);
    for (let r = 0, at = 0; r < m; r++) {
      for (let c = 0, to = (rows[0] + r) * from.columns + columns[0]; c < p; c++, to++, at++) {
        from.values[to]! -= product[at]!;
      }
    }
  }
}

/** A multiple of {@link SMALL} between, so that products have the shapes that processors like. */
function half(start: number, end: number): number {
  return start + SMALL * Math.ceil((end - start) / SMALL / 2);
}

function factorizeSmall({ values, columns }: Matrix, start: number, end: number): void {
  for (let i = start; i < end; i++) {
    for (let j = start; j <= i; j++) {
      let value = values[i * columns + j]!;
      for (let k = start; k < j; k++) value -= values[i * columns + k]! * values[j * columns + k]!;
      if (i > j) values[i * columns + j] = value / values[j * columns + j]!;
      else if (value > 0) values[i * columns + i] = Math.sqrt(value);
      else
        throw new ContractBroken(`column ${i} of the matrix to be solved is not positive definite: ${value}`);
    }
  }
}

function divideSmall({ values, columns }: Matrix, [top, bottom]: Span, start: number, end: number): void {
  for (let i = top; i < bottom; i++) {
    for (let j = start; j < end; j++) {
      let value = values[i * columns + j]!;
      for (let k = start; k < j; k++) value -= values[i * columns + k]! * values[j * columns + k]!;
      values[i * columns + j] = value / values[j * columns + j]!;
    }
  }
}

/** Rows and columns of a matrix, copied. */
function cut({ values, columns }: Matrix, [top, bottom]: Span, [left, right]: Span): Float64Array {
  const wide = right - left;
  const piece = new Float64Array((bottom - top) * wide);
  for (let row = top; row < bottom; row++) {
    piece.set(values.subarray(row * columns + left, row * columns + right), (row - top) * wide);
  }
  return piece;
}

/** The same, transposed. */
function cutTurned({ values, columns }: Matrix, [top, bottom]: Span, [left, right]: Span): Float64Array {
  const high = bottom - top;
  const piece = new Float64Array(high * (right - left));
  for (let row = 0; row < high; row++) {
    for (let c = left, to = row; c < right; c++, to += high) piece[to] = values[(top + row) * columns + c]!;
  }
  return piece;
}

function addScaled({ values, columns }: Matrix, to: number, from: number, factor: number): void {
  for (let c = 0; c < columns; c++) values[to * columns + c]! += factor * values[from * columns + c]!;
}

function scale({ values, columns }: Matrix, row: number, factor: number): void {
  for (let c = 0; c < columns; c++) values[row * columns + c]! *= factor;
}
