import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { ContractBroken, VergerError } from '../errors.ts';
import { limit } from '../limit.ts';
import type { SnapshotStore } from '../ports.ts';
import { filesFolder, partsFolder } from './layout.ts';
import type { PartStatistics } from './part-statistics.ts';

/** A file of a snapshot, as its manifest lists it. */
export interface SnapshotFile {
  /** Below the folder of its kind. */
  name: string;
  bytes: number;
  /** Hexadecimal. */
  sha256: string;
}

/** A Parquet part. A manifest lists it without its statistics, which name photos. */
export interface SnapshotPart extends SnapshotFile {
  rows: number;
  statistics: PartStatistics;
}

const LOOKS_AT_ONCE = 32;

/**
 * A snapshot being written: stores its files, and remembers what the manifest will say of them. A file that an attempt
 * before has written stays, and is what is remembered.
 */
export class Snapshot {
  readonly name: string;
  /** The rows, in the order of writing. */
  readonly parts: SnapshotPart[] = [];
  /** All else, in the order of writing. */
  readonly files: SnapshotFile[] = [];
  readonly #store: SnapshotStore;
  readonly #collection: string;

  /**
   * @param name as {@link nameSnapshot} makes it
   * @param collection folder of the collection that it is of, as {@link collectionFolder} makes it
   */
  constructor(store: SnapshotStore, name: string, collection = '') {
    this.#store = store;
    this.name = name;
    this.#collection = collection;
  }

  /** @param path of a local Parquet file */
  async writePart(name: string, path: string, rows: number, statistics: PartStatistics): Promise<void> {
    const file = await this.#write(partsFolder(this.name), name, { path });
    this.parts.push({ ...file, rows, statistics });
  }

  /** @param content bytes, or the path of a local file */
  async writeFile(name: string, content: Uint8Array | { path: string }): Promise<void> {
    this.files.push(await this.#write(filesFolder(this.name), name, content));
  }

  /**
   * Looks whether every part is stored as the manifest will say.
   *
   * @throws ContractBroken naming the first that is not
   */
  async verifyParts(): Promise<void> {
    const turn = limit(LOOKS_AT_ONCE);
    const looking = this.parts.map(({ name, bytes, sha256 }) =>
      turn(async () => {
        const key = `${this.#collection}${partsFolder(this.name)}${name}`;
        const stored = await this.#store.stat(key);
        if (stored?.bytes === bytes && stored.sha256 === sha256) return;
        const found = stored ? `${stored.bytes} bytes with SHA-256 ${stored.sha256}` : 'nothing';
        throw new ContractBroken(`${key} should be ${bytes} bytes with SHA-256 ${sha256}, is ${found}`);
      }),
    );
    await Promise.all(looking);
  }

  async #write(folder: string, name: string, content: Uint8Array | { path: string }): Promise<SnapshotFile> {
    const key = `${this.#collection}${folder}${name}`;
    const file = { name, ...(await fingerprint(content)) };
    if (await this.#store.write(key, content, contentType(name), file.sha256)) return file;
    const stored = await this.#store.stat(key);
    if (stored) return { name, ...stored };
    throw new VergerError('SNAPSHOT_OVERTAKEN', `${key} is being written by another attempt`);
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
