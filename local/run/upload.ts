/** Puts photos into the local bucket. */
import { readFileSync, statSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { VergerError } from '../../functions/core/errors.ts';
import { MOST_BYTES } from '../stack/s3/body.ts';
import { textOf } from '../stack/s3/xml.ts';
import type { LocalPhoto } from './photos.ts';

/**
 * Uploads photos, several at once, each by one PutObject request. It is not signed, as the local S3 checks no
 * signatures: the SDK takes three times as long over a small photo, on the cores that featurize it, and `fetch`
 * twice.
 *
 * @param endpoint of the local S3, such as `http://127.0.0.1:4569`
 * @param onDone called after each, with the reason where it cannot be read: a bad photo stops nothing
 * @throws VergerError `UPLOAD_FAILED` with what S3 says; the remaining uploads are abandoned
 */
export async function uploadPhotos(
  endpoint: string,
  bucket: string,
  photos: LocalPhoto[],
  onDone: (photo: LocalPhoto, why?: string) => void,
): Promise<void> {
  const rest = photos.values();
  const failed = new AbortController();
  const uploadRest = async () => {
    for (const photo of rest) {
      if (failed.signal.aborted) return;
      const body = read(photo.path);
      if (typeof body === 'string') {
        onDone(photo, body);
        continue;
      }
      await putObject(`${endpoint}/${bucket}/${encodeKey(photo.key)}`, body, failed.signal);
      onDone(photo);
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, uploadRest));
  } finally {
    failed.abort();
  }
}

const AT_ONCE = 8;

/** @returns its bytes, or why they cannot be had */
function read(path: string): Buffer | string {
  try {
    const { size } = statSync(path);
    if (size > MOST_BYTES) return `it has ${size} bytes; the local S3 takes ${MOST_BYTES} at once`;
    return readFileSync(path);
  } catch (error) {
    return `it cannot be read: ${(error as NodeJS.ErrnoException).code}`;
  }
}

function encodeKey(key: string): string {
  return key.split('/').map(encodeURIComponent).join('/');
}

async function putObject(url: string, body: Buffer, signal: AbortSignal): Promise<void> {
  const headers = { 'content-type': 'application/octet-stream', 'content-length': body.length };
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request(url, { method: 'PUT', headers, signal }, resolve).on('error', reject).end(body);
  });
  const answer = await text(response);
  if (response.statusCode !== 200) {
    const why = textOf(answer, 'Message') ?? answer;
    throw new VergerError('UPLOAD_FAILED', `PUT ${url} was answered ${response.statusCode}: ${why}`);
  }
}
