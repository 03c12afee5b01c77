/**
 * What s3rver keeps its objects in, in place of its own store: an object appears whole or not at all,
 * conditions hold at the moment of writing, every change is announced, and listings are in S3's order.
 */
import { randomUUID } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, rm, rmSync } from 'node:fs';
import { join } from 'node:path';
import S3Error from '@20minutes/s3rver/lib/models/error.js';
import { type Conditions, checkRead, checkWrite } from './conditions.ts';
import { type ListOptions, listKeys } from './list-keys.ts';
import { describeObject, readData, writeData } from './object-data.ts';
import { type ObjectIndex, openObjectIndex } from './object-index.ts';
import type { ObjectChange } from './s3-event.ts';
import { createSequencer } from './sequencer.ts';
import { createUploads, type PartContent } from './uploads.ts';

/** An object to be stored, as s3rver's controllers pass it: `metadata` holds the request's headers. */
export interface GivenObject {
  bucket: string;
  key: string;
  content: PartContent;
  metadata: Record<string, string>;
}

export type ObjectStore = ReturnType<typeof openObjectStore>;

/**
 * Opens the store in a folder that holds one folder a bucket.
 *
 * @param announce hears of every change once it holds
 */
export function openObjectStore(folder: string, announce: (change: ObjectChange) => void) {
  const buckets = openBuckets(folder);
  const stored = [...buckets.values()].flatMap(({ lastSequencer }) => lastSequencer ?? []);
  const nextSequencer = createSequencer(Date.now, stored.sort().at(-1));
  const uploads = createUploads();

  function bucketOf(name: string): ObjectIndex {
    const bucket = buckets.get(name);
    if (bucket) return bucket;
    throw new S3Error('NoSuchBucket', 'The specified bucket does not exist', { BucketName: name });
  }

  async function store(given: GivenObject, kind: ObjectChange['kind'], conditions: Conditions) {
    const bucket = bucketOf(given.bucket);
    const file = randomUUID();
    const { bytes, etag } = await writeData(bucket.dataPath(file), given.content);
    // From here to the announcement nothing else runs: the condition still holds when the object appears.
    const replaced = bucket.get(given.key);
    try {
      checkWrite(given.key, replaced, conditions);
    } catch (error) {
      rmSync(bucket.dataPath(file));
      throw error;
    }
    const change = { kind, bucket: given.bucket, key: given.key, bytes, etag, ...stamp() };
    const { key, sequencer, time } = change;
    bucket.put({ key, file, etag, bytes, modified: time, sequencer, headers: keptHeaders(given.metadata) });
    if (replaced) rm(bucket.dataPath(replaced.file), ignore);
    announce(change);
    return { md5: etag, size: bytes };
  }

  const stamp = () => ({ sequencer: nextSequencer(), time: Date.now() });
  const describeBucket = (name: string) => ({ name, creationDate: new Date(bucketOf(name).created) });

  return {
    listBuckets: async () => [...buckets.keys()].map(describeBucket),
    getBucket: async (name: string) => (buckets.has(name) ? describeBucket(name) : null),
    async putBucket(name: string) {
      checkBucketName(name);
      if (!buckets.has(name)) buckets.set(name, openObjectIndex(join(folder, name)));
      return describeBucket(name);
    },
    async deleteBucket(name: string) {
      bucketOf(name).close();
      buckets.delete(name);
      rmSync(join(folder, name), { recursive: true });
    },

    async listObjects(bucket: string, options: ListOptions) {
      const index = bucketOf(bucket);
      const { keys, ...rest } = listKeys(index.keys(), options);
      return { objects: keys.flatMap((key) => describeObject(index.get(key)!)), ...rest };
    },
    existsObject: async (bucket: string, key: string) => bucketOf(bucket).get(key) !== undefined,
    async getObject(
      bucket: string,
      key: string,
      range: { start?: number; end?: number } = {},
      conditions: Conditions = {},
    ) {
      const index = bucketOf(bucket);
      const entry = index.get(key);
      if (!entry) return null;
      checkRead(entry, conditions);
      return readData(index.dataPath(entry.file), entry, range);
    },

    putObject: (given: GivenObject, conditions: Conditions = {}) => store(given, 'Put', conditions),
    async copyObject(
      fromBucket: string,
      fromKey: string,
      bucket: string,
      key: string,
      newHeaders: Record<string, string> | null,
    ) {
      const from = bucketOf(fromBucket);
      const entry = from.get(fromKey);
      if (!entry) throw new S3Error('NoSuchKey', 'The specified key does not exist.', { Key: fromKey });
      const content = createReadStream(from.dataPath(entry.file)) as AsyncIterable<Buffer>;
      await store({ bucket, key, content, metadata: newHeaders ?? entry.headers }, 'Copy', {});
      return describeObject(bucketOf(bucket).get(key)!).metadata;
    },
    async deleteObject(bucket: string, key: string) {
      const index = bucketOf(bucket);
      const entry = index.get(key);
      if (!entry) return;
      index.remove(key);
      rm(index.dataPath(entry.file), ignore);
      announce({ kind: 'Delete', bucket, key, ...stamp() });
    },

    async initiateUpload(_bucket: string, key: string, id: string, metadata: Record<string, string>) {
      uploads.begin(id, key, metadata);
    },
    putPart: async (_bucket: string, id: string, part: string, content: PartContent) =>
      uploads.write(id, part, content),
    async putObjectMultipart(
      bucket: string,
      id: string,
      parts: { number: number }[],
      conditions: Conditions = {},
    ) {
      const result = await store(
        { bucket, ...uploads.join(id, parts) },
        'CompleteMultipartUpload',
        conditions,
      );
      uploads.end(id);
      return result;
    },

    // Tags, CORS rules and web sites: nothing here uses them.
    getSubresource: async () => null,
    putSubresource: async () => {
      throw new S3Error('NotImplemented', 'The local S3 keeps no tags, CORS rules and web sites');
    },
    deleteSubresource: async () => {},

    close() {
      uploads.close();
      for (const bucket of buckets.values()) bucket.close();
    },
  };
}

function openBuckets(folder: string): Map<string, ObjectIndex> {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return new Map(names.map((name) => [name, openObjectIndex(join(folder, name))]));
}

/** A bucket is a folder here, so its name must not lead elsewhere. */
function checkBucketName(name: string): void {
  if (/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name)) return;
  throw new S3Error('InvalidBucketName', 'The specified bucket is not valid.', { BucketName: name });
}

function keptHeaders(metadata: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(metadata).filter(([name]) => KEPT_HEADERS.has(name) || name.startsWith('x-amz-meta-')),
  );
}

const KEPT_HEADERS = new Set([
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
]);

function ignore(): void {}
