/** Matrix products in float64, row-major: the one thing about the reduce step that must run at native speed. */
export interface MatrixProducts {
  /**
   * The Gram matrix rowsᵀ·rows.
   *
   * @param rows row-major Float64Array [n × d]
   * @returns row-major Float64Array [d × d]
   */
  gram(rows: Float64Array, n: number, d: number): Promise<Float64Array>;

  /**
   * The product a·b.
   *
   * @param a row-major Float64Array [m × n]
   * @param b row-major Float64Array [n × p]
   * @returns row-major Float64Array [m × p]
   */
  multiply(a: Float64Array, b: Float64Array, m: number, n: number, p: number): Promise<Float64Array>;
}

/** The products in ordinary JavaScript: the oracle that tests hold the native ones against. */
export const plainMatrixProducts: MatrixProducts = {
  async gram(rows, n, d) {
    const product = new Float64Array(d * d);
    for (let r = 0; r < n; r++) {
      const row = rows.subarray(r * d, (r + 1) * d);
      for (let i = 0; i < d; i++)
        addScaled(product.subarray(i * d + i, (i + 1) * d), row[i]!, row.subarray(i));
    }
    for (let i = 0; i < d; i++) for (let j = 0; j < i; j++) product[i * d + j] = product[j * d + i]!;
    return product;
  },

  async multiply(a, b, m, n, p) {
    const product = new Float64Array(m * p);
    for (let i = 0; i < m; i++) {
      const out = product.subarray(i * p, (i + 1) * p);
      for (let k = 0; k < n; k++) addScaled(out, a[i * n + k]!, b.subarray(k * p, (k + 1) * p));
    }
    return product;
  },
};

/** target += factor · source, element by element. */
function addScaled(target: Float64Array, factor: number, source: Float64Array): void {
  for (let i = 0; i < target.length; i++) target[i]! += factor * source[i]!;
}
