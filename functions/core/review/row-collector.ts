/**
 * Collects rows into one array that has room for all from the beginning. The operating system gives memory as it is written,
 * so that room which stays empty takes none; arrays made for each row, and joined in the end, would be held twice.
 */
export class RowCollector {
  readonly #most: number;
  #all: Float32Array | undefined;
  #length = 0;

  /** @param most rows */
  constructor(most: number) {
    this.#most = most;
  }

  /** @param rows row-major Float32Array [count × d], the same d each time; copied */
  add(rows: Float32Array, count = 1): void {
    this.#all ??= new Float32Array((this.#most * rows.length) / count);
    this.#all.set(rows, this.#length);
    this.#length += rows.length;
  }

  /** What was added, as one: row-major Float32Array [rows × d], of the collector's own memory. */
  get taken(): Float32Array {
    return this.#all?.subarray(0, this.#length) ?? new Float32Array();
  }
}
