/** What an earlier run has uploaded already. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import type { LocalPhoto } from './photos.ts';

/**
 * Finds the photos that the bucket holds byte for byte.
 *
 * @returns their ETags, by key
 */
export async function findStored(
  client: S3Client,
  bucket: string,
  photos: LocalPhoto[],
): Promise<Map<string, string>> {
  const paths = new Map(photos.map(({ key, path }) => [key, path]));
  const stored = new Map<string, string>();
  for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket: bucket })) {
    for (const { Key = '', ETag = '' } of Contents) {
      const path = paths.get(Key);
      const etag = ETag.replaceAll('"', '');
      if (path !== undefined && md5(path) === etag) stored.set(Key, etag);
    }
  }
  return stored;
}

/** Undefined where the file cannot be read: the upload says why. */
function md5(path: string): string | undefined {
  try {
    return createHash('md5').update(readFileSync(path)).digest('hex');
  } catch {
    return undefined;
  }
}
