/** Photos and snapshots in S3. */
import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import {
  type _Object,
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadBucketCommand,
  HeadObjectCommand,
  type HeadObjectCommandInput,
  type HeadObjectCommandOutput,
  ListObjectsV2Command,
  NoSuchBucket,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3';
import { Refusal } from '../core/errors.ts';
import type {
  BackfillRun,
  BackfillRuns,
  LatestSnapshot,
  ListedPhoto,
  PhotoStore,
  SnapshotReader,
  SnapshotStore,
} from '../core/ports.ts';
import { beganBefore } from '../core/snapshot/layout.ts';
import { hasStatus, unlessGone, unlessOvertaken, writeOnce } from './s3-answers.ts';
import { refuseUnreadable } from './unreadable.ts';

/** Builds the client that both stores share; a local endpoint gets path-style addresses. */
export function createS3Client(
  options: Pick<S3ClientConfig, 'cacheMiddleware' | 'maxAttempts'> = {},
): S3Client {
  return new S3Client({ forcePathStyle: process.env.AWS_ENDPOINT_URL_S3 !== undefined, ...options });
}

/** Reads and lists photos in one bucket. */
export function createPhotoStore(client: S3Client, bucket: string): PhotoStore {
  return {
    async read({ key, etag }, maxBytes) {
      const object = await unlessGone(
        client.send(new GetObjectCommand({ Bucket: bucket, Key: key, IfMatch: `"${etag}"` })),
      ).catch((error: unknown) => {
        throw refuseUnreadable(error, key);
      });
      if (object === undefined) return undefined;
      return { bytes: await readBody(object, key, maxBytes) };
    },

    async head(key) {
      const object = await headUnlessGone(client, bucket, key).catch((error: unknown) => {
        if (!hasStatus(error, 400, 403)) throw error;
        return 'denied' as const; // HeadObject does not say why: of an object encrypted with a customer's key, say
      });
      if (object === 'denied') return findListed(client, bucket, key);
      if (object === undefined) return undefined;
      return {
        key,
        etag: unquote(object.ETag),
        bytes: object.ContentLength ?? 0,
      };
    },

    async *list(prefix, startAfter) {
      let continuationToken: string | undefined;
      do {
        const page = await client.send(
          new ListObjectsV2Command({
            Bucket: bucket,
            Prefix: prefix,
            StartAfter: startAfter,
            ContinuationToken: continuationToken,
          }),
        );
        yield (page.Contents ?? []).map(toListed);
        continuationToken = page.NextContinuationToken;
      } while (continuationToken !== undefined);
    },
  };
}

/** The photo as a listing shows it, which includes objects whose key is denied. */
async function findListed(client: S3Client, bucket: string, key: string): Promise<ListedPhoto | undefined> {
  const page = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: key, MaxKeys: 1 }));
  return (page.Contents ?? []).map(toListed).find((listed) => listed.key === key);
}

function toListed({ Key, ETag, Size }: _Object): ListedPhoto {
  return { key: Key ?? '', etag: unquote(ETag), bytes: Size ?? 0 };
}

/** Writes snapshots into one bucket; `latest.json` lies at its top. */
export function createSnapshotStore(client: S3Client, bucket: string): SnapshotStore {
  return {
    async write(key, content, contentType, sha256) {
      // In memory, not streamed: the SDK cannot resend a stream after a failure. A part has some 140 MB.
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

    async latest() {
      return (await readLatest(client, bucket))?.latest;
    },

    async publish(latest) {
      for (;;) {
        const current = await readLatest(client, bucket);
        if (current && beganBefore(latest.snapshot, current.latest.snapshot)) return false;
        const replaced = await unlessOvertaken(
          client.send(new PutObjectCommand(publishParameters(bucket, latest, current?.etag))),
        );
        if (replaced) return true;
      }
    },
  };
}

/**
 * Reads snapshots from one bucket.
 *
 * @param collection where `latest.json` lies: empty, or with a slash at its end
 */
export function createSnapshotReader(client: S3Client, bucket: string, collection = ''): SnapshotReader {
  return {
    async latest(etag) {
      const command = new GetObjectCommand({
        Bucket: bucket,
        Key: `${collection}${LATEST}`,
        ...(etag !== undefined && { IfNoneMatch: etag }),
      });
      const object = await unlessGone(client.send(command)).catch((error: unknown) => {
        if (hasStatus(error, 304)) return 'same' as const;
        throw error;
      });
      if (object === undefined || object === 'same') return object;
      const content = JSON.parse((await object.Body?.transformToString()) ?? '') as LatestSnapshot;
      return { content, etag: object.ETag ?? '' };
    },

    async read({ manifest }, name) {
      const key = manifest.replace(/[^/]*$/, name);
      const object = await unlessGone(client.send(new GetObjectCommand({ Bucket: bucket, Key: key })));
      return await object?.Body?.transformToByteArray();
    },
  };
}

/** Keeps the progress of backfill runs as `backfill/<run>.json` in the snapshot bucket. */
export function createBackfillRuns(client: S3Client, bucket: string): BackfillRuns {
  const put = (key: string, body: string) =>
    client.send(
      new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentType: 'application/json' }),
    );
  const get = (key: string) => unlessGone(client.send(new GetObjectCommand({ Bucket: bucket, Key: key })));
  return {
    async load(run) {
      const object = await get(`backfill/${run}.json`);
      const text = await object?.Body?.transformToString();
      // `unreadable` is younger than some runs.
      return text === undefined ? undefined : ({ unreadable: 0, ...JSON.parse(text) } as BackfillRun);
    },
    async save(run) {
      await put(`backfill/${run.run}.json`, `${JSON.stringify(run, null, 2)}\n`);
    },
    async requestStop(run) {
      await put(`backfill/${run}.stop`, '{}');
    },
    async stopRequested(run) {
      return (await get(`backfill/${run}.stop`)) !== undefined;
    },
  };
}

const LATEST = 'latest.json';

/** Parameters of a PutObject that has S3 check the content's SHA-256, and keep it. */
export function writeParameters(bucket: string, key: string, sha256: string): PutObjectCommandInput {
  const ChecksumSHA256 = Buffer.from(sha256, 'hex').toString('base64');
  return { Bucket: bucket, Key: key, ChecksumSHA256 };
}

/** Parameters of the PutObject that replaces `latest.json` only if it is still the one that was read. */
export function publishParameters(
  bucket: string,
  latest: LatestSnapshot,
  etag: string | undefined,
): PutObjectCommandInput {
  return {
    Bucket: bucket,
    Key: LATEST,
    Body: `${JSON.stringify(latest, null, 2)}\n`,
    ContentType: 'application/json',
    CacheControl: 'no-cache',
    ...(etag === undefined ? { IfNoneMatch: '*' } : { IfMatch: etag }),
  };
}

async function readLatest(
  client: S3Client,
  bucket: string,
): Promise<{ latest: LatestSnapshot; etag: string } | undefined> {
  const object = await unlessGone(client.send(new GetObjectCommand({ Bucket: bucket, Key: LATEST })));
  if (object === undefined) return undefined;
  const text = (await object.Body?.transformToString()) ?? '';
  return { latest: JSON.parse(text) as LatestSnapshot, etag: object.ETag ?? '' };
}

async function readBody(object: GetObjectCommandOutput, key: string, maxBytes: number): Promise<Uint8Array> {
  const size = object.ContentLength ?? 0;
  if (size > maxBytes) {
    (object.Body as Readable | undefined)?.destroy();
    throw new Refusal(
      'too-many-bytes',
      `${key} has ${size} bytes; the limit is ${maxBytes} (MAX_PHOTO_BYTES)`,
    );
  }
  return (await object.Body?.transformToByteArray()) ?? new Uint8Array();
}

/** The same for HEAD, whose 404 has no body to say what is missing: then the bucket is asked for. */
async function headUnlessGone(
  client: S3Client,
  bucket: string,
  key: string,
  more: Pick<HeadObjectCommandInput, 'ChecksumMode'> = {},
): Promise<HeadObjectCommandOutput | undefined> {
  try {
    return await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key, ...more }));
  } catch (error) {
    if (!hasStatus(error, 404)) throw error;
  }
  try {
    await client.send(new HeadBucketCommand({ Bucket: bucket }));
    return undefined;
  } catch (error) {
    if (!hasStatus(error, 404)) throw error;
    throw new NoSuchBucket({
      message: `bucket ${bucket} does not exist`,
      $metadata: (error as NoSuchBucket).$metadata,
    });
  }
}

function unquote(etag: string | undefined): string {
  return (etag ?? '').replace(/^"|"$/g, '');
}
