import { closeSync, openSync, readSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { VergerError } from '../errors.ts';
import type { NearBytes, WorkStore } from './work-store.ts';

/**
 * The files of one reduce on local disk: one after the other in a single file that has no name once it is open, so that
 * the operating system frees it when the process ends, however it ends. Reads and writes are synchronous: they are large
 * and sequential, and nothing else waits.
 */
export class LocalWork implements WorkStore {
  readonly #file: number;
  readonly #files = new Map<string, { position: number; length: number }>();
  #position = 0;

  /** @param folder an existing folder on local disk */
  constructor(folder: string) {
    const path = join(folder, 'work');
    this.#file = openSync(path, 'wx+');
    unlinkSync(path);
  }

  /** @throws VergerError `WORK_DISK_FULL` when the disk takes no more */
  async write(name: string, pieces: Iterable<Uint8Array>): Promise<void> {
    const position = this.#position;
    for (const piece of pieces) this.append(piece);
    this.#files.set(name, { position, length: this.#position - position });
  }

  async commit(name: string, content: Uint8Array): Promise<boolean> {
    if (this.#files.has(name)) return false;
    await this.write(name, [content]);
    return true;
  }

  async read(name: string, start = 0, end?: number): Promise<Uint8Array | undefined> {
    const found = this.#files.get(name);
    if (found === undefined) return undefined;
    const bytes = new Uint8Array((end ?? found.length) - start);
    readFully({ file: this.#file, position: found.position + start }, bytes);
    return bytes;
  }

  near(name: string, start: number): NearBytes {
    const found = this.#files.get(name);
    if (found === undefined) throw new VergerError('WORK_FILE_MISSING', `the work file ${name} is missing`);
    return { file: this.#file, position: found.position + start };
  }

  /** Adds bytes that need no name. @returns where they lie */
  append(bytes: Uint8Array): NearBytes {
    const at = { file: this.#file, position: this.#position };
    try {
      writeFileSync(this.#file, bytes);
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      throw new VergerError(
        'WORK_DISK_FULL',
        `the temporary disk takes no more (${code}) after ${(this.#position / 1e6).toFixed(1)} MB; at 1280 features a ` +
          'reduce needs 5.5 KB a photo, two parts of Parquet of at most 180 MB each, and 15 MB more',
        { cause },
      );
    }
    this.#position += bytes.length;
    return at;
  }

  /** Frees the disk space; nothing can be read afterwards. */
  close(): void {
    closeSync(this.#file);
  }
}

/** The bytes of a local file, a megabyte at a time. */
export function* readPiecewise(path: string): Generator<Uint8Array> {
  const file = openSync(path, 'r');
  try {
    const piece = new Uint8Array(2 ** 20);
    for (let position = 0; ; ) {
      const read = readSync(file, piece, 0, piece.length, position);
      if (read === 0) return;
      yield piece.slice(0, read);
      position += read;
    }
  } finally {
    closeSync(file);
  }
}

/** Fills `bytes` from a place in a file. @throws VergerError `WORK_FILE_CUT` where the file ends before */
export function readFully({ file, position }: NearBytes, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) {
    const read = readSync(file, bytes, done, bytes.length - done, position + done);
    if (read === 0)
      throw new VergerError('WORK_FILE_CUT', `a work file ends ${bytes.length - done} bytes early`);
    done += read;
  }
}
