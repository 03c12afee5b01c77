/** How rows scatter about their mean, by onnxruntime; the rest is done here, without onnxruntime's copies of all rows. */
import { type InferenceSession, Tensor } from 'onnxruntime-node';
import type { Scatter } from '../core/pca/matrix.ts';
import { BLOCKS, bandEdges, bandName } from './scatter-model.ts';

type Rows = Float32Array | Float64Array;

/** Most rows multiplied out at a time: 10 MB in float64 at 1280 columns. */
const BLOCK = 1000;

/** Computes one scatter after the other. */
export class Scatterer {
  readonly #session: InferenceSession;
  /** One each for all calls: what is new is slow, and collected late. */
  #centred = new Float64Array();
  #products = new Float64Array();
  #before = new Float64Array();

  /** @param session of {@link encodeScatterModel} */
  constructor(session: InferenceSession) {
    this.#session = session;
  }

  /**
   * As `MatrixProducts.scatter`; the call before must have ended.
   *
   * Rows are multiplied out about the mean of the first block, and then moved to the mean of all. That costs no more digits
   * than the number of blocks has: the first block lies as far from the mean, so its rows scatter by that distance too.
   */
  async scatter(rows: Rows, n: number, d: number, { fromFirst, scatter }: Scatter): Promise<void> {
    // Blocks of one size: one of 1,024 would have its columns in each other's way in the cache.
    const size = Math.ceil(n / Math.ceil(n / BLOCK));
    const wide = Math.ceil(d / 4) * 4;
    if (this.#centred.length < size * wide) this.#centred = new Float64Array(size * wide);
    if (this.#products.length < d * d) {
      this.#products = new Float64Array(d * d);
      this.#before = new Float64Array(d * d);
    }
    const first = Float64Array.from({ length: wide }, (_, i) => rows[i]!);
    const moved = new Float64Array(wide);
    centre(rows, size, d, first, moved, this.#centred);
    const origin = first.map((value, i) => value + moved[i]! / size);
    const sums = new Float64Array(wide);
    this.#products.fill(0);
    for (let start = 0; start < n; start += size) {
      const count = Math.min(size, n - start);
      centre(rows.subarray(start * d), count, d, origin, sums, this.#centred);
      await this.#addProducts(count, d);
    }
    const shift = sums.map((sum) => sum / n);
    for (let i = 0; i < d; i++) fromFirst[i] = origin[i]! - first[i]! + shift[i]!;
    this.#spread(n, d, shift, scatter);
  }

  /** Adds the products of the centred rows to those of the rows before. */
  async #addProducts(count: number, d: number): Promise<void> {
    [this.#products, this.#before] = [this.#before, this.#products];
    const edges = bandEdges(d);
    const feeds: Record<string, Tensor> = {};
    const fetches: Record<string, Tensor> = {};
    for (let band = 0; band + 1 < edges.length; band++) {
      const [start, end] = [edges[band]!, edges[band + 1]!];
      feeds[bandName(band)] = new Tensor(this.#centred.subarray(start * count, end * count), [
        end - start,
        count,
      ]);
    }
    for (const { name, before, at, high, wide } of blocksOf(d)) {
      feeds[before] = new Tensor(this.#before.subarray(at, at + high * wide), [high, wide]);
      fetches[name] = new Tensor(this.#products.subarray(at, at + high * wide), [high, wide]);
    }
    await this.#session.run(feeds, fetches);
  }

  /** Puts each product in its place in a symmetric matrix, and its transpose below the diagonal; moves the origin by `shift`. */
  #spread(n: number, d: number, shift: Float64Array, matrix: Float64Array): void {
    for (const { top, left, at, high, wide } of blocksOf(d)) {
      for (let r = top, from = at; r < top + high; r++) {
        for (let c = left; c < left + wide; c++, from++) {
          matrix[r * d + c] = this.#products[from]! - n * (shift[r]! * shift[c]!);
        }
      }
      if (top === left) continue;
      for (let c = left; c < left + wide; c++) {
        for (let r = top; r < top + high; r++) matrix[c * d + r] = matrix[r * d + c]!;
      }
    }
  }
}

/** The products of bands of d columns: where each lies in the whole, and `at` which number it begins in the memory of all. */
function blocksOf(d: number) {
  const edges = bandEdges(d);
  let end = 0;
  return BLOCKS.map(({ i, j, ...names }) => {
    const [high, wide] = [edges[i + 1]! - edges[i]!, edges[j + 1]! - edges[j]!];
    const at = end;
    end += high * wide;
    return { ...names, top: edges[i]!, left: edges[j]!, high, wide, at };
  });
}

/**
 * Rows less an origin, a column after the other, row-major [d × n].
 *
 * Four columns at a time, which halves the time. Those past the last hold nothing of use, and have their places in all arrays.
 *
 * @param sums what the centred rows add up to is added here
 * @param centred gets the centred rows
 */
function centre(
  rows: Rows,
  n: number,
  d: number,
  origin: Float64Array,
  sums: Float64Array,
  centred: Float64Array,
) {
  for (let i = 0; i < d; i += 4) {
    const [o0, o1, o2, o3] = [origin[i]!, origin[i + 1]!, origin[i + 2]!, origin[i + 3]!];
    let [s0, s1, s2, s3] = [0, 0, 0, 0];
    for (let r = 0, at = i, to = i * n; r < n; r++, at += d, to++) {
      const [x0, x1, x2, x3] = [rows[at]! - o0, rows[at + 1]! - o1, rows[at + 2]! - o2, rows[at + 3]! - o3];
      centred[to] = x0;
      centred[to + n] = x1;
      centred[to + 2 * n] = x2;
      centred[to + 3 * n] = x3;
      s0 += x0;
      s1 += x1;
      s2 += x2;
      s3 += x3;
    }
    sums[i]! += s0;
    sums[i + 1]! += s1;
    sums[i + 2]! += s2;
    sums[i + 3]! += s3;
  }
}
