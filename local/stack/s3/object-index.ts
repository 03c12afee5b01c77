/**
 * Which objects a bucket holds: a journal of what was stored and removed, and its state in memory. An object's bytes
 * lie beside it in `data/`, in a file of its own that is never written again, so a key can be any text, and a reader
 * keeps the version that it began with.
 */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openJournal } from '../journal.ts';
import type { Checksum } from './checksum.ts';

export interface ObjectEntry {
  key: string;
  /** Name of the data file. */
  file: string;
  /** Without quotes: MD5 in hexadecimal, of what came in parts also `-` and their number. */
  etag: string;
  bytes: number;
  /** Milliseconds since the epoch. */
  modified: number;
  sequencer: string;
  /** Headers to answer with: content type, `x-amz-meta-…`. */
  headers: Record<string, string>;
  checksum?: Checksum | undefined;
}

export interface ObjectIndex {
  /** Milliseconds since the epoch. */
  created: number;
  get(key: string): ObjectEntry | undefined;
  put(entry: ObjectEntry): void;
  remove(key: string, sequencer: string): void;
  /** Keys in S3's order: that of their UTF-8 bytes. */
  keys(): string[];
  dataPath(file: string): string;
  /** The largest sequencer of what was stored or removed before; empty: none. */
  lastSequencer: string;
  close(): void;
}

type Line = ObjectEntry | { removed: string; sequencer?: string } | { created: number; sequencer?: string };

/** Opens a bucket's folder, making it where it is missing, and drops data files that nothing names. */
export function openObjectIndex(folder: string): ObjectIndex {
  const data = join(folder, 'data');
  mkdirSync(data, { recursive: true });
  let created = Date.now();
  let lastSequencer = '';
  const entries = new Map<string, ObjectEntry>();
  const journal = openJournal<Line>(join(folder, 'index.jsonl'), (lines) => {
    for (const line of lines) {
      if ('created' in line) created = line.created;
      else if ('removed' in line) entries.delete(line.removed);
      else entries.set(line.key, line);
      if (line.sequencer && line.sequencer > lastSequencer) lastSequencer = line.sequencer;
    }
    return [{ created, sequencer: lastSequencer }, ...entries.values()];
  });
  const kept = new Set([...entries.values()].map(({ file }) => file));
  for (const file of readdirSync(data)) if (!kept.has(file)) rmSync(join(data, file));

  let sorted: string[] | undefined;
  return {
    created,
    lastSequencer,
    get: (key) => entries.get(key),
    put(entry) {
      journal.append(entry);
      if (!entries.has(entry.key)) sorted = undefined;
      entries.set(entry.key, entry);
    },
    remove(key, sequencer) {
      journal.append({ removed: key, sequencer });
      entries.delete(key);
      sorted = undefined;
    },
    keys() {
      sorted ??= sortByBytes([...entries.keys()]);
      return sorted;
    },
    dataPath: (file) => join(data, file),
    close: () => journal.close(),
  };
}

function sortByBytes(keys: string[]): string[] {
  return keys
    .map((key) => Buffer.from(key))
    .sort(Buffer.compare)
    .map(String);
}
