/** How rows scatter about their mean, by onnxruntime; the rest is done here, without onnxruntime's copies of all rows. */
import { type InferenceSession, Tensor } from 'onnxruntime-node';
import type { Scatter } from '../core/pca/matrix.ts';
import { BLOCKS, bandEdges, bandName } from './scatter-model.ts';

/** Computes one scatter after the other. */
export class Scatterer {
  readonly #session: InferenceSession;
  /** One for all calls: what is new is slow, and collected late. */
  #centred = new Float64Array();
  #products = new Float64Array();

  /** @param session of {@link encodeScatterModel} */
  constructor(session: InferenceSession) {
    this.#session = session;
  }

  /** As `MatrixProducts.scatter`; the call before must have ended. */
  async scatter(rows: Float32Array | Float64Array, n: number, d: number, into: Scatter): Promise<void> {
    const edges = bandEdges(d);
    const widthOf = (band: number) => edges[band + 1]! - edges[band]!;
    if (this.#centred.length < n * d) this.#centred = new Float64Array(n * d);
    if (this.#products.length < d * d) this.#products = new Float64Array(d * d);
    centre(rows, n, d, edges, into.fromFirst, this.#centred);
    const feeds: Record<string, Tensor> = {};
    for (let band = 0; band + 1 < edges.length; band++) {
      const numbers = this.#centred.subarray(n * edges[band]!, n * edges[band + 1]!);
      feeds[bandName(band)] = new Tensor(numbers, [n, widthOf(band)]);
    }
    const fetches: Record<string, Tensor> = {};
    let at = 0;
    for (const { i, j, name } of BLOCKS) {
      const size = widthOf(i) * widthOf(j);
      fetches[name] = new Tensor(this.#products.subarray(at, at + size), [widthOf(i), widthOf(j)]);
      at += size;
    }
    await this.#session.run(feeds, fetches);
    for (const { i, j, name } of BLOCKS) {
      spread(fetches[name]!.data as Float64Array, edges[i]!, edges[j]!, widthOf(j), d, into.scatter);
    }
  }
}

/**
 * Rows less their mean, in bands of columns, one after the other, each row-major. Both are measured from the first row.
 *
 * @param edges where the bands begin and end
 * @param fromFirst gets the mean less the first row
 * @param centred gets the rows
 */
function centre(
  rows: Float32Array | Float64Array,
  n: number,
  d: number,
  edges: number[],
  fromFirst: Float64Array,
  centred: Float64Array,
): void {
  fromFirst.fill(0);
  for (let r = 1, at = d; r < n; r++) for (let i = 0; i < d; i++, at++) fromFirst[i]! += rows[at]! - rows[i]!;
  for (let i = 0; i < d; i++) fromFirst[i]! /= n;
  for (let band = 0, to = 0; band + 1 < edges.length; band++) {
    const [start, end] = [edges[band]!, edges[band + 1]!];
    for (let r = 0; r < n; r++) {
      for (let i = start, at = r * d + start; i < end; i++, at++, to++) {
        centred[to] = rows[at]! - rows[i]! - fromFirst[i]!;
      }
    }
  }
}

/** Puts a block on or above the diagonal of a symmetric matrix in its place, and its transpose in that below. */
function spread(
  block: Float64Array,
  top: number,
  left: number,
  wide: number,
  d: number,
  matrix: Float64Array,
): void {
  const rows = wide > 0 ? block.length / wide : 0;
  for (let r = 0; r < rows; r++) {
    matrix.set(block.subarray(r * wide, (r + 1) * wide), (top + r) * d + left);
  }
  if (top === left) return;
  for (let c = 0; c < wide; c++) {
    for (let r = 0, to = (left + c) * d + top; r < rows; r++, to++) matrix[to] = block[r * wide + c]!;
  }
}
