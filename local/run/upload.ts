/** Puts photos into the local bucket. */
import { readFile } from 'node:fs/promises';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { LocalPhoto } from './photos.ts';

/**
 * Uploads photos, several at once.
 *
 * @param onUploaded called after each
 */
export async function uploadPhotos(
  client: S3Client,
  bucket: string,
  photos: LocalPhoto[],
  onUploaded: () => void,
): Promise<void> {
  const rest = photos.values();
  const uploadRest = async () => {
    for (const { path, key } of rest) {
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: await readFile(path) }));
      onUploaded();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, uploadRest));
}

const AT_ONCE = 8;
