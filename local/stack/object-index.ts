/**
 * Which objects a bucket holds: an append-only file of what was stored and removed, and its sum in memory.
 * An object's bytes lie beside it in `data/`, in a file of its own that is never written again, so a key
 * can be any text, and a reader keeps the version that it began with.
 */
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

export interface ObjectEntry {
  key: string;
  /** Name of the data file. */
  file: string;
  /** MD5 in hexadecimal, without quotes. */
  etag: string;
  bytes: number;
  /** Milliseconds since the epoch. */
  modified: number;
  sequencer: string;
  /** Headers to answer with: content type, `x-amz-meta-…`. */
  headers: Record<string, string>;
}

export interface ObjectIndex {
  /** Milliseconds since the epoch. */
  created: number;
  get(key: string): ObjectEntry | undefined;
  put(entry: ObjectEntry): void;
  remove(key: string): void;
  /** Keys in S3's order: that of their UTF-8 bytes. */
  keys(): string[];
  dataPath(file: string): string;
  /** The largest sequencer stored, if any. */
  lastSequencer: string | undefined;
  close(): void;
}

/** Opens a bucket's folder, making it where it is missing, and drops data files that nothing names. */
export function openObjectIndex(folder: string): ObjectIndex {
  const path = join(folder, 'index.jsonl');
  const data = join(folder, 'data');
  mkdirSync(data, { recursive: true });
  const { created, entries, lastSequencer } = readEntries(path);
  rewrite(path, created, entries);
  const kept = new Set([...entries.values()].map(({ file }) => file));
  for (const file of readdirSync(data)) if (!kept.has(file)) rmSync(join(data, file));

  const index = openSync(path, 'a');
  let sorted: string[] | undefined;
  return {
    created,
    lastSequencer,
    get: (key) => entries.get(key),
    put(entry) {
      writeSync(index, `${JSON.stringify(entry)}\n`);
      if (!entries.has(entry.key)) sorted = undefined;
      entries.set(entry.key, entry);
    },
    remove(key) {
      writeSync(index, `${JSON.stringify({ removed: key })}\n`);
      entries.delete(key);
      sorted = undefined;
    },
    keys() {
      sorted ??= sortByBytes([...entries.keys()]);
      return sorted;
    },
    dataPath: (file) => join(data, file),
    close: () => closeSync(index),
  };
}

type Line = ObjectEntry | { removed: string } | { created: number };

function readEntries(path: string) {
  let created = Date.now();
  let lastSequencer: string | undefined;
  const entries = new Map<string, ObjectEntry>();
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  for (const text of lines) {
    const line = parseLine(text);
    if (line === undefined) continue;
    if ('created' in line) created = line.created;
    else if ('removed' in line) entries.delete(line.removed);
    else {
      entries.set(line.key, line);
      if (lastSequencer === undefined || line.sequencer > lastSequencer) lastSequencer = line.sequencer;
    }
  }
  return { created, entries, lastSequencer };
}

/** Undefined for the empty last line, and for one that a kill cut off. */
function parseLine(line: string): Line | undefined {
  try {
    return JSON.parse(line) as Line;
  } catch {
    return undefined;
  }
}

function rewrite(path: string, created: number, entries: Map<string, ObjectEntry>): void {
  const lines: Line[] = [{ created }, ...entries.values()];
  writeFileSync(`${path}.new`, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  renameSync(`${path}.new`, path);
}

function sortByBytes(keys: string[]): string[] {
  return keys
    .map((key) => Buffer.from(key))
    .sort(Buffer.compare)
    .map(String);
}
