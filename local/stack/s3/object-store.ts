/**
 * What the local S3 keeps: an object appears whole or not at all, conditions hold at the moment of writing, and every
 * change is announced.
 */
import { createHash, randomUUID } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  rm,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Received } from './body.ts';
import type { ByteRange } from './conditions.ts';
import { S3Error } from './error.ts';
import { type ObjectEntry, type ObjectIndex, openObjectIndex } from './object-index.ts';
import { createSequencer, type ObjectChange } from './s3-event.ts';

/** Bytes that have arrived whole, but are not an object yet. */
export interface Staged {
  file: string;
  bytes: number;
  /** MD5 in hexadecimal. */
  etag: string;
}

/** What is to be stored, beside its bytes. */
export interface NewObject extends Pick<ObjectEntry, 'key' | 'headers'> {
  kind: Exclude<ObjectChange['kind'], 'Delete'>;
  /** Where it is not the MD5 of the bytes. */
  etag?: string;
}

export type ObjectStore = ReturnType<typeof openObjectStore>;

/**
 * Opens the store in a folder that holds one folder a bucket.
 *
 * @param announce hears of every change once it holds
 */
export function openObjectStore(folder: string, announce: (change: ObjectChange) => void) {
  const buckets = new Map(
    (existsSync(folder) ? readdirSync(folder) : []).map((name) => [
      name,
      openObjectIndex(join(folder, name)),
    ]),
  );
  const nextSequencer = createSequencer(
    Date.now,
    [...buckets.values()]
      .map((bucket) => bucket.lastSequencer)
      .sort()
      .at(-1),
  );

  function bucketOf(BucketName: string): ObjectIndex {
    const bucket = buckets.get(BucketName);
    if (!bucket) throw new S3Error('NoSuchBucket', undefined, { BucketName });
    return bucket;
  }
  const find = (bucket: string, key: string) => bucketOf(bucket).get(key);
  const discard = (bucket: string, { file }: Pick<Staged, 'file'>) =>
    rm(bucketOf(bucket).dataPath(file), () => {});

  /** Writes what arrives to a file of its own; nothing is left of it where it does not arrive whole. */
  async function stage(bucket: string, content: AsyncIterable<Buffer>): Promise<Staged> {
    const file = randomUUID();
    return { file, ...(await writeFile(bucketOf(bucket).dataPath(file), content)) };
  }

  return {
    buckets: () => [...buckets].map(([name, { created }]) => ({ name, created })),
    hasBucket: (name: string) => buckets.has(name),
    /** Makes a bucket, unless it is there. */
    createBucket(name: string) {
      // A bucket is a folder here, so its name must not lead elsewhere.
      if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name)) throw new S3Error('InvalidBucketName');
      if (!buckets.has(name)) buckets.set(name, openObjectIndex(join(folder, name)));
    },
    deleteBucket(name: string) {
      if (bucketOf(name).keys().length > 0) throw new S3Error('BucketNotEmpty');
      bucketOf(name).close();
      buckets.delete(name);
      rmSync(join(folder, name), { recursive: true });
    },

    /** All keys, in the order of their UTF-8 bytes. */
    keys: (bucket: string) => bucketOf(bucket).keys(),
    find,
    get(bucket: string, key: string): ObjectEntry {
      const entry = find(bucket, key);
      if (!entry) throw new S3Error('NoSuchKey', undefined, { Key: key });
      return entry;
    },
    /** Small objects come at once, which costs less than a stream. */
    read(
      bucket: string,
      { file, bytes }: Pick<Staged, 'file' | 'bytes'>,
      range?: ByteRange,
    ): Buffer | Readable {
      const path = bucketOf(bucket).dataPath(file);
      if (bytes <= BLOCK) return readFileSync(path).subarray(range?.start, range && range.end + 1);
      return createReadStream(path, { fd: openSync(path, 'r'), ...range });
    },

    stage,
    discard,
    /**
     * Stores an object once its bytes have arrived whole.
     *
     * @param check is given what it replaces; where it throws, nothing is stored
     */
    async write(
      bucket: string,
      { kind, ...object }: NewObject,
      { content, checksum }: Received,
      check: (present: ObjectEntry | undefined) => void,
    ): Promise<ObjectEntry> {
      const staged = await stage(bucket, content);
      // From here to the announcement nothing else runs: the condition still holds when the object appears.
      const replaced = find(bucket, object.key);
      try {
        check(replaced);
      } catch (error) {
        discard(bucket, staged);
        throw error;
      }
      const [time, sequencer] = [Date.now(), nextSequencer()];
      const entry = { ...staged, ...object, checksum: checksum(), modified: time, sequencer };
      bucketOf(bucket).put(entry);
      if (replaced) discard(bucket, replaced);
      announce({ kind, bucket, key: entry.key, bytes: entry.bytes, etag: entry.etag, sequencer, time });
      return entry;
    },
    /** Removes an object, if there is one. @param check is given it */
    remove(bucket: string, key: string, check?: (present: ObjectEntry | undefined) => void): void {
      const entry = find(bucket, key);
      check?.(entry);
      if (!entry) return;
      const sequencer = nextSequencer();
      bucketOf(bucket).remove(key, sequencer);
      discard(bucket, entry);
      announce({ kind: 'Delete', bucket, key, sequencer, time: Date.now() });
    },

    close() {
      for (const bucket of buckets.values()) bucket.close();
    },
  };
}

const BLOCK = 1024 * 1024;

async function writeFile(
  path: string,
  content: AsyncIterable<Buffer>,
): Promise<{ bytes: number; etag: string }> {
  const hash = createHash('md5');
  const file = openSync(path, 'wx');
  let bytes = 0;
  let held: Buffer[] = [];
  let heldBytes = 0;
  const write = () => {
    for (const chunk of held) writeSync(file, chunk);
    held = [];
    heldBytes = 0;
  };
  try {
    for await (const chunk of content) {
      hash.update(chunk);
      bytes += chunk.length;
      held.push(chunk);
      heldBytes += chunk.length;
      if (heldBytes > BLOCK) write();
    }
    write();
  } catch (error) {
    rmSync(path);
    throw error;
  } finally {
    closeSync(file);
  }
  return { bytes, etag: hash.digest('hex') };
}
