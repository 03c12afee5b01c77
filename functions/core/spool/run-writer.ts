import { BLOCK_ROWS, blockName, CHUNK_ROWS, keysName, type SortedRun } from './sorted-run.ts';
import type { SpooledRow } from './spooled-row.ts';
import type { WorkStore } from './work-store.ts';

/** A row and its features, Float32Array [d]. */
export interface RowToSort {
  row: SpooledRow;
  features: Float32Array;
}

/** Takes rows in any order, and writes them as sorted runs: so many rows at a time as it holds in memory. */
export class RunWriter {
  readonly runs: SortedRun[] = [];
  readonly dimension: number;
  readonly #work: WorkStore;
  readonly #name: string;
  readonly #runRows: number;
  /** Features of the rows, a block of them each; made when they are needed, and used again. */
  readonly #blocks: Float32Array[] = [];
  #rows: SpooledRow[] = [];
  #writing: Promise<void> | undefined;

  /**
   * @param name beginning of the files' names
   * @param dimension features a row, d
   * @param runRows rows of a run, which take 4·d bytes each in memory; a multiple of {@link BLOCK_ROWS}
   */
  constructor(work: WorkStore, name: string, dimension: number, runRows: number) {
    this.#work = work;
    this.#name = name;
    this.dimension = dimension;
    this.#runRows = runRows;
  }

  /** Adds rows; the features are copied. May be called by several readers side by side. */
  async add(rows: RowToSort[]): Promise<void> {
    for (const { row, features } of rows) {
      while (this.#writing) await this.#writing;
      const at = this.#rows.length;
      const block = Math.floor(at / BLOCK_ROWS);
      this.#blocks[block] ??= new Float32Array(BLOCK_ROWS * this.dimension);
      this.#blocks[block].set(features, (at % BLOCK_ROWS) * this.dimension);
      this.#rows.push(row);
      if (this.#rows.length === this.#runRows) await this.flush();
    }
  }

  /** Writes the rows that are left, if there are any, as a run. */
  async flush(): Promise<void> {
    if (this.#rows.length === 0) return;
    this.#writing = this.#writeRun();
    try {
      await this.#writing;
    } finally {
      this.#writing = undefined;
    }
  }

  async #writeRun(): Promise<void> {
    const name = `${this.#name}-${String(this.runs.length).padStart(5, '0')}`;
    const keys = this.#rows.map(({ key }) => Buffer.from(key));
    const order = keys.map((_, index) => index).sort((a, b) => Buffer.compare(keys[a]!, keys[b]!));
    const run: SortedRun = { name, rows: order.length, keys: [], rowBytes: [], keyBytes: [] };
    for (let block = 0; block * BLOCK_ROWS < order.length; block++) {
      const rows = order.slice(block * BLOCK_ROWS, (block + 1) * BLOCK_ROWS);
      await this.#work.write(blockName(name, block), this.#chunks(rows, run));
    }
    await this.#work.write(keysName(name), this.#keys(order, run));
    this.runs.push(run);
    this.#rows = [];
  }

  *#chunks(order: number[], run: SortedRun): Generator<Uint8Array> {
    const d = this.dimension;
    for (const indices of inChunks(order)) {
      const json = Buffer.from(JSON.stringify(indices.map((index) => this.#rows[index])));
      const bytes = new Uint8Array(4 * d * indices.length + json.length);
      const features = new Float32Array(bytes.buffer, 0, d * indices.length);
      for (const [to, from] of indices.entries()) {
        const start = (from % BLOCK_ROWS) * d;
        features.set(this.#blocks[Math.floor(from / BLOCK_ROWS)]!.subarray(start, start + d), to * d);
      }
      bytes.set(json, 4 * d * indices.length);
      run.rowBytes.push(json.length);
      yield bytes;
    }
  }

  *#keys(order: number[], run: SortedRun): Generator<Uint8Array> {
    for (const indices of inChunks(order)) {
      const keys = indices.map((index) => this.#rows[index]!.key);
      const line = Buffer.from(`${JSON.stringify(keys)}\n`);
      run.keys.push(keys[0]!);
      run.keyBytes.push(line.length);
      yield line;
    }
  }
}

function* inChunks(order: number[]): Generator<number[]> {
  for (let start = 0; start < order.length; start += CHUNK_ROWS) yield order.slice(start, start + CHUNK_ROWS);
}
