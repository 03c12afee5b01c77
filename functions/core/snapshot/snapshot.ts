import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { SnapshotStore } from '../ports.ts';

/** A file of a snapshot, as its manifest lists it. */
export interface SnapshotFile {
  /** Below the snapshot's folder. */
  name: string;
  bytes: number;
  /** Hexadecimal. */
  sha256: string;
  /** Of a Parquet part. */
  rows?: number;
}

/**
 * Names a snapshot's folder: one that began later sorts later, and no character is one that Hadoop or S3
 * treats specially.
 *
 * @param startedAt milliseconds since the epoch
 */
export function nameSnapshot(startedAt: number, id: string): string {
  return `snapshot=${new Date(startedAt).toISOString().replace(/[-:]/g, '')}-${id}`;
}

/** A snapshot being written: stores its files, and remembers what the manifest will say of them. */
export class SnapshotFolder {
  readonly name: string;
  readonly files: SnapshotFile[] = [];
  readonly #store: SnapshotStore;

  /** @param name as {@link nameSnapshot} makes it */
  constructor(store: SnapshotStore, name: string) {
    this.#store = store;
    this.name = name;
  }

  /**
   * @param content bytes, or the path of a local file
   * @param rows where it is a Parquet part
   */
  async write(name: string, content: Uint8Array | { path: string }, rows?: number): Promise<void> {
    const file = { name, ...(rows !== undefined && { rows }), ...(await fingerprint(content)) };
    await this.#store.write(`${this.name}/${name}`, content, contentType(name));
    this.files.push(file);
  }
}

async function fingerprint(
  content: Uint8Array | { path: string },
): Promise<Pick<SnapshotFile, 'bytes' | 'sha256'>> {
  const hash = createHash('sha256');
  if (content instanceof Uint8Array) {
    return { bytes: content.byteLength, sha256: hash.update(content).digest('hex') };
  }
  await pipeline(createReadStream(content.path, { highWaterMark: 2 ** 20 }), hash);
  return { bytes: (await stat(content.path)).size, sha256: hash.digest('hex') };
}

function contentType(name: string): string {
  if (name.endsWith('.parquet')) return 'application/vnd.apache.parquet';
  if (name.endsWith('.json')) return 'application/json';
  if (name.endsWith('.csv')) return 'text/csv; charset=utf-8';
  if (name.endsWith('.html')) return 'text/html; charset=utf-8';
  return 'application/octet-stream';
}
