/** Puts photos into the local bucket. */
import { readFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { VergerError } from '../../functions/core/errors.ts';
import { printable } from '../printable.ts';
import { textOf } from '../stack/s3/xml.ts';
import type { LocalPhoto } from './photos.ts';

/**
 * Uploads photos, several at once, each by one PutObject request. It is not signed, as the local S3 checks no
 * signatures: the SDK takes three times as long over a small photo, on the cores that featurize it, and `fetch`
 * twice.
 *
 * @param endpoint of the local S3, such as `http://127.0.0.1:4569`
 * @param onUploaded called after each
 * @throws VergerError `UPLOAD_FAILED` with what S3 says; the remaining uploads are abandoned
 */
export async function uploadPhotos(
  endpoint: string,
  bucket: string,
  photos: LocalPhoto[],
  onUploaded: () => void,
): Promise<void> {
  const rest = photos.values();
  const failed = new AbortController();
  const uploadRest = async () => {
    for (const { path, key } of rest) {
      if (failed.signal.aborted) return;
      await putObject(`${endpoint}/${bucket}/${encodeKey(key)}`, read(path), failed.signal);
      onUploaded();
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, uploadRest));
  } finally {
    failed.abort();
  }
}

const AT_ONCE = 8;

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new VergerError('UPLOAD_FAILED', `${printable(path)} cannot be read: ${code}`, { cause });
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
