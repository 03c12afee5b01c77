/** The photos below a folder. */
import { isUtf8 } from 'node:buffer';
import type { BigIntStats, Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
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
 * @throws InvalidRequest where there is nothing of that name, nothing to upload, or the folder cannot be read
 */
export async function findPhotos(path: string): Promise<FoundPhotos> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  if (found?.isFile()) return { photos: [{ path, key: basename(path) }], skipped: [] };
  if (!found?.isDirectory())
    throw new InvalidRequest(`There is no folder or file ${printable(path)} (--photos)`);

  const photos: LocalPhoto[] = [];
  const skipped: SkippedFile[] = [];
  for await (const { key, why = whyNotKey(key) } of walk(Buffer.from(path), undefined, [idOf(found)])) {
    if (why === undefined) photos.push({ path: `${path}/${key}`, key: key.toString() });
    else skipped.push({ name: printableBytes(key), why });
  }
  if (photos.length === 0) {
    const but = skipped.length > 0 ? ` that can be uploaded:\n${describeSkipped(skipped)}` : '';
    throw new InvalidRequest(`The folder ${printable(path)} (--photos) holds no file${but}`);
  }
  return { photos: photos.sort((a, b) => (a.key < b.key ? -1 : 1)), skipped };
}

/** The photos that come with this project: those in `samples/`, beside which its README lies. */
export async function samplePhotos(): Promise<LocalPhoto[]> {
  const { photos } = await findPhotos(fileURLToPath(new URL('../../samples', import.meta.url)));
  return photos.filter(({ key }) => key.endsWith('.jpg'));
}

/** How many are `left out` or the like, and a line each. */
export function tellSkipped(skipped: SkippedFile[], what = 'not uploaded'): string {
  return `${skipped.length === 1 ? '1 file is' : `${skipped.length} files are`} ${what}:\n${describeSkipped(skipped)}`;
}

/** One line a file. */
export function describeSkipped(skipped: SkippedFile[]): string {
  return skipped.map(({ name, why }) => `  ${name}: ${why}`).join('\n');
}

/** A file by its path below the folder, in bytes, as names need not be text. */
interface FoundFile {
  key: Buffer;
  /** It cannot be read. */
  why?: string;
}

/**
 * The files in a folder and those below it.
 *
 * @param below its path below the folder that was asked for
 * @param above itself and the folders on the way to it
 */
async function* walk(path: Buffer, below: Buffer | undefined, above: string[]): AsyncGenerator<FoundFile> {
  const entries = await list(path);
  if (entries instanceof Error) {
    const why = `it cannot be read: ${entries.code}`;
    if (below) return yield { key: below, why };
    throw new InvalidRequest(`The folder ${printableBytes(path)}: ${why}`, { cause: entries });
  }
  for (const entry of entries) {
    if (entry.name[0] === DOT) continue;
    const key = below ? join(below, entry.name) : entry.name;
    const inner = join(path, entry.name);
    if (entry.isFile()) yield { key };
    if (!entry.isDirectory() && !entry.isSymbolicLink()) continue;
    const found = await stat(inner, { bigint: true }).catch(() => undefined);
    if (found === undefined) yield { key, why: 'it leads nowhere' };
    else if (found.isFile()) yield { key };
    else if (!found.isDirectory()) continue;
    else if (key.length >= MOST_KEY_BYTES)
      yield { key, why: `keys of what it holds exceed ${MOST_KEY_BYTES} bytes` };
    else if (above.includes(idOf(found))) yield { key, why: 'it leads back to a folder that it lies in' };
    else yield* walk(inner, key, [...above, idOf(found)]);
  }
}

async function list(path: Buffer): Promise<Dirent<Buffer>[] | NodeJS.ErrnoException> {
  return readdir(path, { encoding: 'buffer', withFileTypes: true }).catch((error) => error);
}

const DOT = 0x2e;

function join(folder: Buffer, name: Buffer): Buffer {
  return Buffer.concat([folder, Buffer.from('/'), name]);
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
