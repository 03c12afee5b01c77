/** Matrix products, row-major: the one thing about the reduce step that must run at native speed. */
export interface MatrixProducts {
  /**
   * Where the mean of rows lies, and how they scatter about it. Both are measured from the first row, so that a mean
   * that is large beside the spread costs no digits, and a column of equal numbers gives exactly zero.
   *
   * @param rows row-major [n × d], n ≥ 1; left as they are
   * @param into where the result is written: for many batches in turn, one piece of memory
   */
  scatter(rows: Float32Array | Float64Array, n: number, d: number, into: Scatter): Promise<void>;

  /**
   * The product a·b.
   *
   * @param a row-major [m × n]
   * @param b row-major Float64Array [n × p]
   * @returns row-major Float64Array [m × p]
   */
  multiply(
    a: Float32Array | Float64Array,
    b: Float64Array,
    m: number,
    n: number,
    p: number,
  ): Promise<Float64Array>;

  /**
   * The inner product of each row of a with each row of b, a·bᵀ, summed in float32.
   *
   * @param a row-major [m × d]
   * @param b row-major [p × d]
   * @param into memory for the result, at least m·p numbers; by default new
   * @returns row-major Float32Array [m × p]
   */
  inner(
    a: Float32Array,
    b: Float32Array,
    m: number,
    p: number,
    d: number,
    into?: Float32Array,
  ): Promise<Float32Array>;
}

export interface Scatter {
  /** The mean less the first row, Float64Array [d]. */
  fromFirst: Float64Array;
  /** Σ (x − mean)(x − mean)ᵀ, symmetric, row-major Float64Array [d × d]. */
  scatter: Float64Array;
}

/** Memory for the scatter of rows of d features. */
export function emptyScatter(d: number): Scatter {
  return { fromFirst: new Float64Array(d), scatter: new Float64Array(d * d) };
}

/** The products in ordinary JavaScript: the oracle that tests hold the native ones against. */
export const plainMatrixProducts: MatrixProducts = {
  async scatter(rows, n, d, { fromFirst, scatter }) {
    fromFirst.fill(0);
    for (let r = 1; r < n; r++) for (let i = 0; i < d; i++) fromFirst[i]! += rows[r * d + i]! - rows[i]!;
    for (let i = 0; i < d; i++) fromFirst[i]! /= n;
    scatter.fill(0);
    const row = new Float64Array(d);
    for (let r = 0; r < n; r++) {
      for (let i = 0; i < d; i++) row[i] = rows[r * d + i]! - rows[i]! - fromFirst[i]!;
      for (let i = 0; i < d; i++)
        addScaled(scatter.subarray(i * d + i, (i + 1) * d), row[i]!, row.subarray(i));
    }
    for (let i = 0; i < d; i++) for (let j = 0; j < i; j++) scatter[i * d + j] = scatter[j * d + i]!;
  },

  async multiply(a, b, m, n, p) {
    const product = new Float64Array(m * p);
    for (let i = 0; i < m; i++) {
      const out = product.subarray(i * p, (i + 1) * p);
      for (let k = 0; k < n; k++) addScaled(out, a[i * n + k]!, b.subarray(k * p, (k + 1) * p));
    }
    return product;
  },

  async inner(a, b, m, p, d, into = new Float32Array(m * p)) {
    const product = into.subarray(0, m * p);
    for (let i = 0, at = 0; i < m; i++) {
      for (let j = 0; j < p; j++, at++) {
        let sum = 0;
        for (let k = 0; k < d; k++) sum += a[i * d + k]! * b[j * d + k]!;
        product[at] = sum;
      }
    }
    return product;
  },
};

/** target += factor · source, element by element. */
function addScaled(target: Float64Array, factor: number, source: Float64Array): void {
  for (let i = 0; i < target.length; i++) target[i]! += factor * source[i]!;
}

/** Row-major [rows × columns] → [columns × rows]. */
export function transpose(matrix: Float64Array, rows: number, columns: number): Float64Array {
  const turned = new Float64Array(matrix.length);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) turned[c * rows + r] = matrix[r * columns + c]!;
  return turned;
}
