/** The photos below a folder. */
import { isUtf8 } from 'node:buffer';
import type { BigIntStats, Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { InvalidRequest } from '../../functions/core/errors.ts';
import { printable } from '../printable.ts';

export interface LocalPhoto {
  path: string;
  /** Path below the folder, with `/`: its key in the bucket. */
  key: string;
}

export interface FoundPhotos {
  /** In the order of keys. */
  photos: LocalPhoto[];
  /** What is not uploaded, in any order. */
  skipped: SkippedFile[];
}

export interface SkippedFile {
  /** Path below the folder, printable. */
  name: string;
  why: string;
}

/**
 * Every regular file below a folder, except dot files and what dot folders hold; or the one file named. Links are
 * followed. featurize decides by content what is a photo.
 *
 * @throws InvalidRequest where there is nothing of that name, nothing to upload, or a folder cannot be read
 */
export async function findPhotos(path: string): Promise<FoundPhotos> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  if (found?.isFile()) return { photos: [{ path, key: basename(path) }], skipped: [] };
  if (!found?.isDirectory())
    throw new InvalidRequest(`There is no folder or file ${printable(path)} (--photos)`);

  const files: Buffer[] = [];
  const skipped: SkippedFile[] = [];
  await walk({ path: Buffer.from(path), key: NO_NAME, above: [idOf(found)] }, files, skipped);
  const photos = files.flatMap((key) => {
    const why = whyNotKey(key);
    if (why === undefined) return [{ path: `${path}/${key}`, key: key.toString() }];
    skipped.push({ name: printableBytes(key), why });
    return [];
  });
  if (photos.length === 0) {
    const but = skipped.length > 0 ? ` that can be uploaded:\n${describeSkipped(skipped)}` : '';
    throw new InvalidRequest(`The folder ${printable(path)} (--photos) holds no file${but}`);
  }
  return { photos: photos.sort((a, b) => (a.key < b.key ? -1 : 1)), skipped };
}

/** One line a file. */
export function describeSkipped(skipped: SkippedFile[]): string {
  return skipped.map(({ name, why }) => `  ${name}: ${why}`).join('\n');
}

/** Bytes: names need not be text. */
interface Folder {
  path: Buffer;
  /** Path below the folder that was asked for. */
  key: Buffer;
  /** Itself and the folders on the way to it. */
  above: string[];
}

async function walk(folder: Folder, files: Buffer[], skipped: SkippedFile[]): Promise<void> {
  for (const entry of await list(folder)) {
    if (entry.name[0] === DOT) continue;
    const path = join(folder.path, entry.name);
    const key = join(folder.key, entry.name);
    const skip = (why: string) => skipped.push({ name: printableBytes(key), why });
    if (entry.isFile()) {
      files.push(key);
    } else if (entry.isDirectory() || entry.isSymbolicLink()) {
      const found = await stat(path, { bigint: true }).catch(() => undefined);
      if (found === undefined) skip('it leads nowhere');
      else if (found.isFile()) files.push(key);
      else if (!found.isDirectory()) continue;
      else if (folder.above.includes(idOf(found))) skip('it leads back to a folder that it lies in');
      else await walk({ path, key, above: [...folder.above, idOf(found)] }, files, skipped);
    }
  }
}

async function list({ path }: Folder): Promise<Dirent<Buffer>[]> {
  return readdir(path, { encoding: 'buffer', withFileTypes: true }).catch((cause: NodeJS.ErrnoException) => {
    throw new InvalidRequest(`The folder ${printableBytes(path)} cannot be read: ${cause.code}`, { cause });
  });
}

const DOT = 0x2e;
const NO_NAME = Buffer.alloc(0);

function join(folder: Buffer, name: Buffer): Buffer {
  return folder.length === 0 ? name : Buffer.concat([folder, Buffer.from('/'), name]);
}

function idOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`;
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html */
const MOST_KEY_BYTES = 1024;

function whyNotKey(key: Buffer): string | undefined {
  if (!isUtf8(key)) return 'its name is not UTF-8';
  if (key.length <= MOST_KEY_BYTES) return undefined;
  return `its key has ${key.length} bytes; the limit of S3 is ${MOST_KEY_BYTES}`;
}

function printableBytes(name: Buffer): string {
  if (isUtf8(name)) return printable(name.toString());
  return printable(name.toString('latin1')).replace(
    /[\xa0-\xff]/g,
    (byte) => `\\x${byte.charCodeAt(0).toString(16)}`,
  );
}
