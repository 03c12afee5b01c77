import { closeSync, openSync, readSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ContractBroken, VergerError } from '../errors.ts';
import { type Cursor, merge } from './merge.ts';
import type { SpooledRow } from './spooled-row.ts';

/** Some rows in path order. */
export interface RowBatch {
  rows: SpooledRow[];
  /** Row-major Float32Array [rows × d], replaced when the next batch is asked for. */
  features: Float32Array;
}

/** Rows sorted in memory at a time: 21 MB of features at d = 1280. */
const RUN_ROWS = 4096;
/** Rows of a run read at a time while merging; with RUN_ROWS this keeps a million rows' merge at 40 MB. */
const CHUNK_ROWS = 32;

/** Where a chunk lies in the spool: features first, then the rows as JSON. */
interface Chunk {
  position: number;
  rows: number;
  jsonBytes: number;
}

/**
 * Rows of the features table on local disk, returned sorted by path (UTF-8 byte order) in memory that does not grow
 * with their number: an external merge sort (Knuth, TAOCP 3, 5.4). Runs of 4,096 rows are sorted in memory and
 * appended to one file; reading merges the runs, each a few rows ahead. The file takes 4·d bytes a row and about 150
 * for path, label and ETag.
 *
 * The file has no name once it is open, so the operating system frees it when the process ends, however
 * it ends. Reads and writes are synchronous: they are large and sequential, and nothing else waits.
 */
export class Spool {
  readonly dimension: number;
  /** Rows added so far. */
  count = 0;
  readonly #file: number;
  readonly #runs: Chunk[][] = [];
  #position = 0;
  #rows: SpooledRow[] = [];
  readonly #features: Float32Array;

  /**
   * Opens an empty spool.
   *
   * @param directory an existing folder on local disk
   * @param dimension features a row, d
   */
  constructor(directory: string, dimension: number) {
    this.dimension = dimension;
    this.#features = new Float32Array(RUN_ROWS * dimension);
    const path = join(directory, 'spool');
    this.#file = openSync(path, 'wx+');
    unlinkSync(path);
  }

  /**
   * Adds one row, in any order; the features are copied.
   *
   * @param features Float32Array [d]
   * @throws VergerError `SPOOL_FAILED` when the disk is full
   */
  add(row: SpooledRow, features: Float32Array): void {
    this.#features.set(features, this.#rows.length * this.dimension);
    this.#rows.push(row);
    this.count += 1;
    if (this.#rows.length === RUN_ROWS) this.#writeRun();
  }

  /**
   * Reads all rows in path order, in batches of `batchRows` (the last may be smaller): the same batches whatever
   * order the rows were added in. May be called again once the previous reader is done.
   *
   * @throws ContractBroken when two rows have one path
   */
  *sorted(batchRows: number): Generator<RowBatch> {
    if (this.#rows.length > 0) this.#writeRun();
    const d = this.dimension;
    // One for all batches: large arrays made for each are collected late.
    const features = new Float32Array(Math.min(batchRows, this.count) * d);
    let rows: SpooledRow[] = [];
    let last: Buffer | undefined;
    let left = this.count;
    for (const cursor of merge(this.#runs.map((run) => new RunCursor(this.#file, this.dimension, run)))) {
      if (last?.equals(cursor.key)) {
        throw new ContractBroken(`the photo ${cursor.row.key} was read twice from the features table`);
      }
      last = cursor.key;
      features.set(cursor.features, rows.length * d);
      rows.push(cursor.row);
      left -= 1;
      if (rows.length === batchRows || left === 0) {
        yield { rows, features: features.subarray(0, rows.length * d) };
        rows = [];
      }
    }
  }

  /** Frees the disk space. The spool cannot be used afterwards. */
  close(): void {
    closeSync(this.#file);
  }

  #writeRun(): void {
    const keys = this.#rows.map((row) => Buffer.from(row.key));
    const order = keys.map((_, index) => index).sort((a, b) => Buffer.compare(keys[a]!, keys[b]!));
    const run: Chunk[] = [];
    for (let start = 0; start < order.length; start += CHUNK_ROWS) {
      run.push(this.#writeChunk(order.slice(start, start + CHUNK_ROWS)));
    }
    this.#runs.push(run);
    this.#rows = [];
  }

  #writeChunk(indices: number[]): Chunk {
    const features = new Float32Array(indices.length * this.dimension);
    for (const [to, from] of indices.entries()) {
      const row = this.#features.subarray(from * this.dimension, (from + 1) * this.dimension);
      features.set(row, to * this.dimension);
    }
    const json = Buffer.from(JSON.stringify(indices.map((index) => this.#rows[index])));
    const bytes = Buffer.concat([Buffer.from(features.buffer), json]);
    try {
      writeFileSync(this.#file, bytes);
    } catch (cause) {
      const used = Math.round(this.#position / 1e6);
      throw new VergerError(
        'SPOOL_FAILED',
        `the temporary disk took ${used} MB of features and no more; give reduce ` +
          `${this.dimension * 4 + 200} bytes of temporary storage a photo`,
        { cause },
      );
    }
    const chunk = { position: this.#position, rows: indices.length, jsonBytes: json.length };
    this.#position += bytes.length;
    return chunk;
  }
}

/** Walks through one run, a chunk in memory at a time; stands on its first row when made. */
class RunCursor implements Cursor {
  row!: SpooledRow;
  /** The row's path as UTF-8. */
  key!: Buffer;
  /** Float32Array [d], a view that later rows replace. */
  features!: Float32Array;
  readonly #file: number;
  readonly #dimension: number;
  readonly #chunks: Iterator<Chunk>;
  #rows: SpooledRow[] = [];
  /** One for all chunks: buffers made for each are collected late. */
  #bytes = Buffer.alloc(0);
  #values: Float32Array = new Float32Array();
  #next = 0;

  constructor(file: number, dimension: number, chunks: Chunk[]) {
    this.#file = file;
    this.#dimension = dimension;
    this.#chunks = chunks.values();
    this.advance();
  }

  /** @returns false past the last row */
  advance(): boolean {
    if (this.#next === this.#rows.length && !this.#load()) return false;
    this.row = this.#rows[this.#next]!;
    this.key = Buffer.from(this.row.key);
    this.features = this.#values.subarray(this.#next * this.#dimension, (this.#next + 1) * this.#dimension);
    this.#next += 1;
    return true;
  }

  #load(): boolean {
    const { value: chunk, done } = this.#chunks.next();
    if (done) return false;
    const features = chunk.rows * this.#dimension * 4;
    const length = features + chunk.jsonBytes;
    if (this.#bytes.length < length) this.#bytes = Buffer.from(new ArrayBuffer(length));
    readFully(this.#file, this.#bytes.subarray(0, length), chunk.position);
    this.#values = new Float32Array(this.#bytes.buffer, 0, features / 4);
    this.#rows = JSON.parse(this.#bytes.toString('utf8', features, length));
    this.#next = 0;
    return true;
  }
}

function readFully(file: number, bytes: Buffer, position: number): void {
  for (let done = 0; done < bytes.length; ) {
    const read = readSync(file, bytes, done, bytes.length - done, position + done);
    if (read === 0)
      throw new VergerError('SPOOL_FAILED', `the spool ended ${bytes.length - done} bytes early`);
    done += read;
  }
}
