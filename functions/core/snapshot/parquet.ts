import { on } from 'node:events';
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { VergerError } from '../errors.ts';
import { encodeArrow } from './arrow.ts';
import { COLUMNS, type Column } from './columns.ts';
import type { SnapshotRows } from './rows.ts';

/** Rows a row group: what a reader reads at least, and what is held in WebAssembly; chosen in docs/parquet.md. */
export const ROW_GROUP_ROWS = 4096;

/** Beside this file, in the bundles as in the source. */
const THREAD = join(dirname(import.meta.filename), 'parquet-thread.cjs');

/** A file, its batches of rows as Arrow's IPC stream, and its end. */
type ToThread = { file: FileToWrite } | { batch: Uint8Array } | { end: true };

interface FileToWrite {
  path: string;
  provenance: string;
  rowGroupRows: number;
  columns: Pick<Column, 'name' | 'dictionary' | 'statistics'>[];
}

/** Of each batch, that its memory may be used again; of a file, the rows it holds, as it states them, or what failed. */
type FromThread = 'taken' | { rows: number } | { failed: { message: string; code?: unknown } };

/** Batches that may be on their way at once: one is written while the next is made. */
const ON_THE_WAY = 2;

/**
 * Writes Parquet files, one after the other, a row group in memory at a time, on a thread of its own: compressing is most of
 * the work, and the next rows are read and projected meanwhile.
 */
export class ParquetWriter {
  /** Without the arguments of this process: a loader of TypeScript among them would be loaded there too. */
  readonly #thread = new Worker(THREAD, { execArgv: [] });
  readonly #answers = on(this.#thread, 'message', { close: ['exit'] });
  /** Memory that both threads see, used in turns: what is new is slow, and collected late. */
  readonly #memory = Array.from({ length: ON_THE_WAY }, () => new Uint8Array(new SharedArrayBuffer()));

  /**
   * Writes one file.
   *
   * @param path a local file that does not exist yet
   * @param batches at least one
   * @param provenance what made the rows, as JSON: kept in the file's key-value metadata under `verger`
   * @returns the number of rows, as the finished file states it
   * @throws VergerError `PARQUET_INCOMPLETE` when rows are missing, `PARQUET_BATCH` when a batch reaches over the end of a row
   *   group; whatever `batches` throws. The writer can only be closed then
   */
  async write(path: string, batches: AsyncIterable<SnapshotRows>, provenance: string): Promise<number> {
    const columns = COLUMNS.map(({ encode, type, ...column }) => column);
    this.#send({ file: { path, provenance, rowGroupRows: ROW_GROUP_ROWS, columns } });
    let given = 0;
    let onTheWay = 0;
    for await (const batch of batches) {
      requireFit(given, batch.rows.length);
      given += batch.rows.length;
      if (onTheWay === ON_THE_WAY) {
        await this.#answer();
        onTheWay -= 1;
      }
      this.#send({ batch: encodeArrow(batch, (bytes) => this.#nextMemory(bytes)) });
      onTheWay += 1;
    }
    this.#send({ end: true });
    for (;;) {
      const answer = await this.#answer();
      if (answer === 'taken') continue;
      if (answer.rows === given) return given;
      throw new VergerError(
        'PARQUET_INCOMPLETE',
        `${path} holds ${answer.rows} of the ${given} rows given to it`,
      );
    }
  }

  /** Ends the thread, whatever it does. */
  async close(): Promise<void> {
    await this.#thread.terminate();
  }

  #send(message: ToThread): void {
    this.#thread.postMessage(message);
  }

  async #answer(): Promise<'taken' | { rows: number }> {
    const { value, done } = await this.#answers.next();
    if (done) throw new VergerError('PARQUET_INCOMPLETE', 'the thread that writes Parquet has ended');
    const [answer] = value as [FromThread];
    if (typeof answer === 'object' && 'failed' in answer) {
      const { message, code } = answer.failed;
      throw Object.assign(new Error(message), { code });
    }
    return answer;
  }

  /** That of the batch before the last, which has been taken. */
  #nextMemory(bytes: number): Uint8Array {
    let memory = this.#memory.shift()!;
    if (memory.length < bytes) memory = new Uint8Array(new SharedArrayBuffer(bytes));
    this.#memory.push(memory);
    return memory;
  }
}

/**
 * Row groups begin where batches do only if no batch reaches over the end of one: then the same rows give the same
 * bytes, whatever the batches.
 */
function requireFit(given: number, rows: number): void {
  const room = ROW_GROUP_ROWS - (given % ROW_GROUP_ROWS);
  if (rows <= room) return;
  throw new VergerError(
    'PARQUET_BATCH',
    `a batch of ${rows} rows after ${given} reaches over the end of a row group of ${ROW_GROUP_ROWS}: choose a size that divides it`,
  );
}
