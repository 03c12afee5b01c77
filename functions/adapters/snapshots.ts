/** Snapshots in S3; `latest.json` lies at the bucket's top, or in a collection's folder. */
import { readFile } from 'node:fs/promises';
import { PutObjectCommand, type PutObjectCommandInput, type S3Client } from '@aws-sdk/client-s3';
import type { LatestSnapshot, SnapshotReader, SnapshotStore } from '../core/ports.ts';
import { beganBefore } from '../core/snapshot/layout.ts';
import { readObject } from './read-object.ts';
import { headUnlessGone } from './s3.ts';
import { hasStatus, unlessOvertaken, writeOnce } from './s3-answers.ts';

/** Writes snapshots into one bucket. */
export function createSnapshotStore(client: S3Client, bucket: string): SnapshotStore {
  return {
    async write(key, content, contentType, sha256) {
      // In memory, not streamed: the SDK cannot resend a stream after a failure. So a whole part has to fit.
      const body = content instanceof Uint8Array ? content : await readFile(content.path);
      const parameters = { ...writeParameters(bucket, key, sha256), ContentType: contentType, Body: body };
      return await writeOnce(client, parameters);
    },

    async stat(key) {
      const object = await headUnlessGone(client, bucket, key, { ChecksumMode: 'ENABLED' });
      const sha256 = object?.ChecksumSHA256;
      if (object === undefined || sha256 === undefined) return undefined;
      return { bytes: object.ContentLength ?? 0, sha256: Buffer.from(sha256, 'base64').toString('hex') };
    },

    async latest(collection = '') {
      return (await readLatest(client, bucket, latestKey(collection)))?.content;
    },

    async publish(latest, collection = '') {
      const key = latestKey(collection);
      for (;;) {
        const current = await readLatest(client, bucket, key);
        if (current && beganBefore(latest.snapshot, current.content.snapshot)) return false;
        const replaced = await unlessOvertaken(
          client.send(new PutObjectCommand(publishParameters(bucket, key, latest, current?.etag))),
        );
        if (replaced) return true;
      }
    },
  };
}

/**
 * Reads snapshots from one bucket.
 *
 * @param collection folder of the collection whose snapshots they are, as {@link collectionFolder} makes it
 */
export function createSnapshotReader(client: S3Client, bucket: string, collection = ''): SnapshotReader {
  const key = latestKey(collection);
  return {
    async latest(etag) {
      return await readLatest(client, bucket, key, etag).catch((error: unknown) => {
        if (hasStatus(error, 304)) return 'same' as const;
        throw error;
      });
    },

    async read({ manifest }, name) {
      const key = manifest.replace(/[^/]*$/, name);
      return (await readObject(client, { Bucket: bucket, Key: key }))?.bytes;
    },
  };
}

function latestKey(collection: string): string {
  return `${collection}latest.json`;
}

/** Parameters of a PutObject that has S3 check the content's SHA-256, and keep it. */
function writeParameters(bucket: string, key: string, sha256: string): PutObjectCommandInput {
  const ChecksumSHA256 = Buffer.from(sha256, 'hex').toString('base64');
  return { Bucket: bucket, Key: key, ChecksumSHA256 };
}

/** Parameters of the PutObject that replaces `latest.json` only if it is still the one that was read. */
export function publishParameters(
  bucket: string,
  key: string,
  latest: LatestSnapshot,
  etag: string | undefined,
): PutObjectCommandInput {
  return {
    Bucket: bucket,
    Key: key,
    Body: `${JSON.stringify(latest, null, 2)}\n`,
    ContentType: 'application/json',
    CacheControl: 'no-cache',
    ...(etag === undefined ? { IfNoneMatch: '*' } : { IfMatch: etag }),
  };
}

/** @param etag where the content is still that one, S3 answers 304 */
async function readLatest(
  client: S3Client,
  bucket: string,
  key: string,
  etag?: string,
): Promise<{ content: LatestSnapshot; etag: string } | undefined> {
  const object = await readObject(client, { Bucket: bucket, Key: key, IfNoneMatch: etag });
  if (object === undefined) return undefined;
  const content = JSON.parse(Buffer.from(object.bytes).toString()) as LatestSnapshot;
  return { content, etag: object.etag };
}
