/** The client of S3, and photos in it. */
import {
  type _Object,
  HeadBucketCommand,
  HeadObjectCommand,
  type HeadObjectCommandInput,
  type HeadObjectCommandOutput,
  ListObjectsV2Command,
  NoSuchBucket,
  S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3';
import { Refusal } from '../core/errors.ts';
import type { ListedPhoto, PhotoStore } from '../core/ports.ts';
import { readObject } from './read-object.ts';
import { hasStatus } from './s3-answers.ts';
import { refuseUnreadable } from './unreadable.ts';

/** Builds the client; a local endpoint gets path-style addresses. */
export function createS3Client(
  options: Pick<S3ClientConfig, 'cacheMiddleware' | 'maxAttempts'> = {},
): S3Client {
  return new S3Client({ forcePathStyle: process.env.AWS_ENDPOINT_URL_S3 !== undefined, ...options });
}

/** Reads and lists photos in one bucket. */
export function createPhotoStore(client: S3Client, bucket: string): PhotoStore {
  return {
    async read({ key, etag }, maxBytes) {
      const parameters = { Bucket: bucket, Key: key, IfMatch: `"${etag}"` };
      return await readObject(client, parameters, (size) => {
        if (size <= maxBytes) return;
        throw new Refusal(
          'too-many-bytes',
          `${key} has ${size} bytes; the limit is ${maxBytes} (MAX_PHOTO_BYTES)`,
        );
      }).catch((error: unknown) => {
        throw refuseUnreadable(error, key);
      });
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

/** Undefined where the object is not there: HEAD's 404 has no body to say what is missing, so the bucket is asked for. */
export async function headUnlessGone(
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
