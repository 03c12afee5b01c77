/** The bytes of the local S3's objects: written as they arrive, read whole or in part. */
import { createHash } from 'node:crypto';
import { closeSync, createReadStream, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import type { Readable } from 'node:stream';
import type { ObjectEntry } from './object-index.ts';

/** An object as s3rver's controllers read it. */
export interface StoredObject {
  metadata: Record<string, string | number>;
  size: number;
  lastModifiedDate: Date;
  /** Absent where the range asked for lies outside. */
  content?: Readable | Buffer;
  /** Inclusive; present where a range was asked for. */
  range?: { start: number; end: number };
}

/**
 * Writes what arrives to a new file; nothing is left of it where it does not arrive whole.
 *
 * @returns length, and MD5 in hexadecimal
 */
export async function writeData(
  path: string,
  content: AsyncIterable<Buffer> | Buffer,
): Promise<{ bytes: number; etag: string }> {
  const hash = createHash('md5');
  const file = openSync(path, 'w');
  let bytes = 0;
  let held: Buffer[] = [];
  let heldBytes = 0;
  const write = () => {
    for (const chunk of held) writeSync(file, chunk);
    held = [];
    heldBytes = 0;
  };
  try {
    for await (const chunk of Buffer.isBuffer(content) ? [content] : content) {
      hash.update(chunk);
      bytes += chunk.length;
      held.push(chunk);
      heldBytes += chunk.length;
      if (heldBytes > BLOCK) write();
    }
    write();
  } catch (error) {
    closeSync(file);
    rmSync(path);
    throw error;
  }
  closeSync(file);
  return { bytes, etag: hash.digest('hex') };
}

/** Opens an object for reading; small ones are read at once, which costs less than a stream. */
export function readData(
  path: string,
  entry: ObjectEntry,
  asked: { start?: number; end?: number },
): StoredObject {
  const object = describeObject(entry);
  const isPart = asked.start !== undefined || asked.end !== undefined;
  const range = { start: asked.start ?? 0, end: Math.min(asked.end ?? Infinity, entry.bytes - 1) };
  if (isPart) object.range = range;
  if (isPart && range.end < range.start) return object;
  object.content =
    entry.bytes <= BLOCK
      ? readWhole(path, range.start, range.end + 1)
      : createReadStream(path, { fd: openSync(path, 'r'), ...range });
  return object;
}

/** An object as a listing shows it. */
export function describeObject(entry: ObjectEntry): StoredObject & { key: string } {
  const lastModifiedDate = new Date(entry.modified - (entry.modified % 1000));
  return {
    key: entry.key,
    metadata: {
      ...entry.headers,
      etag: `"${entry.etag}"`,
      'last-modified': lastModifiedDate.toUTCString(),
      'content-length': entry.bytes,
    },
    size: entry.bytes,
    lastModifiedDate,
  };
}

const BLOCK = 1024 * 1024;

/** s3rver destroys what it does not send: the content of an object that only HEAD asks for. */
function readWhole(path: string, start: number, end: number): Buffer {
  return Object.assign(readFileSync(path).subarray(start, end), { destroy() {} });
}
