/**
 * What the local S3 keeps: an object appears whole or not at all, conditions hold at the moment of writing, and every
 * change is announced. Which objects a bucket holds stands in its journal; their bytes lie beside it in `data/`, each
 * in a file of its own that is never written again, so a key can be any text, and a reader keeps the version that it
 * began with.
 */
import { createHash, randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { type Journal, openJournal } from '../journal.ts';
import type { Headers } from './body.ts';
import { type ByteRange, checkWrite } from './conditions.ts';
import { S3Error } from './error.ts';
import { createSequencer, type ObjectChange } from './s3-event.ts';
import type { Content, StoredObject, Upload } from './stored.ts';

/** What is to be stored, beside its bytes. `etag`: where it is not the MD5 of the bytes. */
export interface NewObject
  extends Pick<StoredObject, 'key' | 'headers' | 'checksum'>,
    Partial<Pick<Content, 'etag'>> {
  kind: Exclude<ObjectChange['kind'], 'Delete'>;
}

type Line = StoredObject | { removed: string; sequencer?: string } | { created: number; sequencer?: string };

interface Bucket {
  /** Path of the folder of data files. */
  data: string;
  /** Milliseconds since the epoch. */
  created: number;
  objects: Map<string, StoredObject>;
  /** Keys in S3's order, until one is added or removed. */
  sorted: string[] | undefined;
  journal: Journal<Line>;
}

export type ObjectStore = ReturnType<typeof openObjectStore>;

/**
 * Opens the store in a folder that holds one folder a bucket.
 *
 * @param announce hears of every change once it holds
 */
export function openObjectStore(folder: string, announce: (change: ObjectChange) => void) {
  const buckets = new Map<string, Bucket>();
  let lastSequencer = '';
  for (const name of fs.existsSync(folder) ? fs.readdirSync(folder) : []) openBucket(name);
  const nextSequencer = createSequencer(Date.now, lastSequencer);

  /** Reads what a bucket holds, making it where it is missing, and drops data files that nothing names. */
  function openBucket(name: string): void {
    const data = join(folder, name, 'data');
    fs.mkdirSync(data, { recursive: true });
    const objects: Bucket['objects'] = new Map();
    let created = Date.now();
    const journal = openJournal<Line>(join(folder, name, 'index.jsonl'), (lines) => {
      for (const line of lines) {
        if ('created' in line) created = line.created;
        else if ('removed' in line) objects.delete(line.removed);
        else objects.set(line.key, line);
        if (line.sequencer && line.sequencer > lastSequencer) lastSequencer = line.sequencer;
      }
      return [{ created, sequencer: lastSequencer }, ...objects.values()];
    });
    const kept = new Set([...objects.values()].map(({ file }) => file));
    for (const file of fs.readdirSync(data)) if (!kept.has(file)) fs.rmSync(join(data, file));
    buckets.set(name, { data, created, objects, sorted: undefined, journal });
  }

  function bucketOf(BucketName: string): Bucket {
    const bucket = buckets.get(BucketName);
    if (!bucket) throw new S3Error('NoSuchBucket', undefined, { BucketName });
    return bucket;
  }
  const pathOf = (bucket: string, { file }: Pick<Content, 'file'>) => join(bucketOf(bucket).data, file);
  const find = (bucket: string, key: string) => bucketOf(bucket).objects.get(key);
  const discard = (bucket: string, content: Pick<Content, 'file'>) =>
    fs.rm(pathOf(bucket, content), () => {});

  /** Writes bytes to a file of their own, which is an object's or a part's from then on. */
  function stage(bucket: string, chunks: Iterable<Buffer>): Content {
    const content = { file: randomUUID(), bytes: 0 };
    const hash = createHash('md5');
    const file = fs.openSync(pathOf(bucket, content), 'wx');
    try {
      for (const chunk of chunks) {
        fs.writeFileSync(file, chunk);
        hash.update(chunk);
        content.bytes += chunk.length;
      }
    } catch (error) {
      discard(bucket, content);
      throw error;
    } finally {
      fs.closeSync(file);
    }
    return { ...content, etag: hash.digest('hex') };
  }

  return {
    /** Uploads in parts that are under way, by id. */
    uploads: new Map<string, Upload>(),
    buckets: () => [...buckets].map(([name, { created }]) => ({ name, created })),
    /** @throws S3Error `NoSuchBucket` */
    checkBucket: (name: string) => void bucketOf(name),
    /** Makes a bucket, unless it is there. @returns whether it was not */
    createBucket(name: string): boolean {
      // A bucket is a folder here, so its name must not lead elsewhere.
      if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name)) throw new S3Error('InvalidBucketName');
      if (buckets.has(name)) return false;
      openBucket(name);
      return true;
    },
    deleteBucket(name: string) {
      const { objects, journal } = bucketOf(name);
      if (objects.size > 0) throw new S3Error('BucketNotEmpty');
      journal.close();
      buckets.delete(name);
      fs.rmSync(join(folder, name), { recursive: true });
    },

    /** All keys, in the order of their UTF-8 bytes. */
    keys(name: string): string[] {
      const bucket = bucketOf(name);
      bucket.sorted ??= sortByBytes([...bucket.objects.keys()]);
      return bucket.sorted;
    },
    find,
    get(bucket: string, key: string): StoredObject {
      const object = find(bucket, key);
      if (!object) throw new S3Error('NoSuchKey', undefined, { Key: key });
      return object;
    },
    /** The bytes of an object or a part, or a range of them, in pieces of at most a megabyte. */
    *read(bucket: string, content: Content, range?: ByteRange): Generator<Buffer> {
      const { start, end } = range ?? { start: 0, end: content.bytes - 1 };
      const file = fs.openSync(pathOf(bucket, content), 'r');
      try {
        for (let at = start; at <= end; at += PIECE) {
          const piece = Buffer.allocUnsafe(Math.min(PIECE, end - at + 1));
          fs.readSync(file, piece, 0, piece.length, at);
          yield piece;
        }
      } finally {
        fs.closeSync(file);
      }
    },

    stage,
    discard,
    /**
     * Stores an object. Nothing else runs meanwhile: the conditions still hold when it appears.
     *
     * @param conditions headers, of which one may say what has to be there before
     */
    write(
      bucket: string,
      { kind, ...object }: NewObject,
      chunks: Iterable<Buffer>,
      conditions: Headers = {},
    ): StoredObject {
      const { objects, journal } = bucketOf(bucket);
      const replaced = objects.get(object.key);
      checkWrite(conditions, object.key, replaced);
      const content = stage(bucket, chunks);
      const [time, sequencer] = [Date.now(), nextSequencer()];
      const stored = { ...content, ...object, modified: time, sequencer };
      try {
        journal.append(stored);
      } catch (error) {
        discard(bucket, content);
        throw error;
      }
      objects.set(stored.key, stored);
      if (replaced) discard(bucket, replaced);
      else bucketOf(bucket).sorted = undefined;
      announce({ kind, bucket, key: stored.key, bytes: stored.bytes, etag: stored.etag, sequencer, time });
      return stored;
    },
    /** Removes an object, if there is one. @param conditions as for `write` */
    remove(bucket: string, key: string, conditions: Headers = {}): void {
      const object = find(bucket, key);
      checkWrite(conditions, key, object);
      if (!object) return;
      const sequencer = nextSequencer();
      const { objects, journal } = bucketOf(bucket);
      journal.append({ removed: key, sequencer });
      objects.delete(key);
      bucketOf(bucket).sorted = undefined;
      discard(bucket, object);
      announce({ kind: 'Delete', bucket, key, sequencer, time: Date.now() });
    },
  };
}

export const PIECE = 1024 * 1024;

function sortByBytes(keys: string[]): string[] {
  return keys
    .map((key) => Buffer.from(key))
    .sort(Buffer.compare)
    .map(String);
}
