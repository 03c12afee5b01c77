/** Files that are either whole or absent. */
import { createHash, randomUUID } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** What a file must be, down to the last byte. */
export interface Fingerprint {
  bytes: number;
  /** Lower-case hex. */
  sha256: string;
}

/** Size and SHA-256 of some bytes. */
export function fingerprint(bytes: Uint8Array): Fingerprint {
  return { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** Whether these bytes are the expected ones. */
export function matches(bytes: Uint8Array, expected: Fingerprint): boolean {
  return bytes.length === expected.bytes && fingerprint(bytes).sha256 === expected.sha256;
}

/** Whether the file is there and is the expected one: about 1 ms per megabyte. */
export async function isWhole(path: string, expected: Fingerprint): Promise<boolean> {
  const bytes = await readIfThere(path);
  return bytes !== undefined && matches(bytes, expected);
}

/** Reads a file. @returns undefined when there is none */
export async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  return readFile(path).catch(ignoreMissing);
}

/** Writes a file atomically: a reader, or a run after a crash, finds the old file or the new, never part of one. */
export async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const part = `${path}.${randomUUID()}.part`;
  try {
    await writeFile(part, bytes);
    await rename(part, path);
  } finally {
    await rm(part, { force: true });
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
}

/** Names, times and sizes of a folder's files, or of one file: a millisecond for 150. Other files, or changed ones, give another text. */
export function stateOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found?.isDirectory()) return `${found?.mtimeMs} ${found?.size}`;
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' }).sort();
  return names
    .map((name) => {
      const file = statSync(join(path, name), { throwIfNoEntry: false });
      return `${name} ${file?.mtimeMs} ${file?.size}`;
    })
    .join('\n');
}
