/** The folder that a snapshot is copied to. Nothing outside it is written or removed, whatever a name says. */
import { createHash } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InvalidRequest, VergerError } from '../../functions/core/errors.ts';
import { printable } from '../printable.ts';

/** The parts of `manifest.json` that are read here. */
export interface Manifest {
  snapshot: string;
  created_at: string;
  model: string;
  rows: number;
  components: number;
  explained_variance_share: number;
  warnings: string[];
  parts: ManifestFile[];
  files: ManifestFile[];
}

interface ManifestFile {
  name: string;
  sha256: string;
}

/** Where the rows lie below the folder, and nothing else: readers take whatever is there for rows. */
export const ROWS = 'rows/';

/** Where a snapshot lies until all of it is there. */
export const INCOMING = '.incoming/';

/** The files that a manifest lists, by their names below the folder. */
export function manifestFiles({ snapshot, parts, files }: Manifest): ManifestFile[] {
  const folder = snapshot.startsWith('snapshot=') ? '' : ROWS; // of Verger 0.1, parts lay beside the other files
  return [...parts.map((part) => ({ ...part, name: folder + part.name })), ...files];
}

/**
 * Makes the folder, and looks at what lies in it.
 *
 * @throws InvalidRequest where it cannot be one, or holds a `manifest.json` that is not a snapshot's, or rows of others
 */
export async function makeOutFolder(out: string): Promise<void> {
  await mkdir(out, { recursive: true }).catch((cause: Error) => {
    throw new InvalidRequest(`${out} (--out) cannot be made a folder: ${cause.message}`, { cause });
  });
  const earlier = await readManifest(out);
  const known = new Set((earlier ? manifestFiles(earlier) : []).map(({ name }) => name));
  const other = (await listRows(out)).find((name) => !known.has(ROWS + name));
  if (other === undefined) return;
  const path = printable(join(out, ROWS, other));
  throw new InvalidRequest(
    `${path} is not of the snapshot in ${out}, and would be read with its rows: move it, or choose another folder (--out)`,
  );
}

async function listRows(out: string): Promise<string[]> {
  const folder = join(out, 'rows');
  const found = await lstat(folder).catch(() => undefined);
  if (!found) return [];
  if (!found.isDirectory()) throw new InvalidRequest(`${printable(folder)} is not a folder: move it`);
  return await readdir(folder);
}

/**
 * Reads the manifest of the snapshot that the folder holds, if it holds one.
 *
 * @param below `INCOMING` for the one that is on its way
 * @throws InvalidRequest where that is not a snapshot's, or names files elsewhere
 */
export async function readManifest(out: string, below = ''): Promise<Manifest | undefined> {
  const path = join(out, below, 'manifest.json');
  const refuse = (why: string) =>
    new InvalidRequest(`${path} is not a snapshot's (${why}): move it, or choose another folder (--out)`);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw refuse(`${error.code}`);
  });
  if (text === undefined) return undefined;
  try {
    const manifest = JSON.parse(text) as Manifest;
    if (typeof manifest.snapshot !== 'string') throw refuse('it names no snapshot');
    for (const { name } of [...manifest.parts, ...manifest.files]) checkName(name);
    return manifest;
  } catch (error) {
    throw error instanceof InvalidRequest ? error : refuse((error as Error).message);
  }
}

/**
 * Writes a file, replacing whatever has its name.
 *
 * @returns the SHA-256 of its content, in hexadecimal
 * @throws InvalidRequest where that would lie outside
 * @throws VergerError `OUT_FAILED` where the folder does not take it
 */
export async function writeWithin(
  out: string,
  name: string,
  content: AsyncIterable<Uint8Array>,
): Promise<string> {
  const path = await pathWithin(out, name);
  const hash = createHash('sha256');
  async function* summed(): AsyncGenerator<Uint8Array> {
    for await (const bytes of content) {
      hash.update(bytes);
      yield bytes;
    }
  }
  try {
    await mkdir(dirname(path), { recursive: true });
    await rm(path, { force: true }); // a link, too, and not what it leads to
    await writeFile(path, summed(), { flag: 'wx' });
  } catch (cause) {
    const { syscall = 'read', message: why } = cause as NodeJS.ErrnoException;
    if (syscall === 'read') throw cause; // of the content, and not the folder's
    throw new VergerError('OUT_FAILED', `${printable(out)} (--out) cannot take the snapshot: ${why}`, {
      cause,
    });
  }
  return hash.digest('hex');
}

/** Moves a file, replacing whatever has its name. @throws InvalidRequest where that would lie outside */
export async function moveWithin(out: string, from: string, to: string): Promise<void> {
  const path = await pathWithin(out, to);
  await mkdir(dirname(path), { recursive: true });
  await rename(await pathWithin(out, from), path);
}

/** Removes what a copy has left that did not come to its end. */
export async function removeIncoming(out: string): Promise<void> {
  await rm(join(out, INCOMING.slice(0, -1)), { recursive: true, force: true });
}

/** Removes a file, if it is there. @throws InvalidRequest where that would lie outside */
export async function removeWithin(out: string, name: string): Promise<void> {
  await rm(await pathWithin(out, name), { force: true });
}

/** No folder below `out` on the way to the file may be a link. Removing does not follow the last step. */
async function pathWithin(out: string, name: string): Promise<string> {
  checkName(name);
  const steps = name.split('/');
  for (let depth = 1; depth < steps.length; depth++) {
    const folder = join(out, ...steps.slice(0, depth));
    const found = await lstat(folder).catch(() => undefined);
    if (found?.isSymbolicLink())
      throw new InvalidRequest(`${printable(folder)} is a link, which is not followed`);
  }
  return join(out, name);
}

/** @throws InvalidRequest where a name is not that of a file below the folder */
function checkName(name: unknown): void {
  const isPlain =
    typeof name === 'string' &&
    !/[\\\0]/.test(name) &&
    name.split('/').every((step) => !/^\.{0,2}$/.test(step));
  if (!isPlain)
    throw new InvalidRequest(`${printable(String(name))} is not the name of a file in a snapshot`);
}
