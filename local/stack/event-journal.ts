/**
 * What the queue has accepted and not finished, on disk: at-least-once holds over a stop, and over a kill.
 * Each line says that an invocation was accepted, or that one is finished.
 */
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { Invocation } from './async-queue.ts';

export interface EventJournal {
  /** What was accepted and not finished before the journal was opened, in order. */
  unfinished: Invocation[];
  /** Numbers an invocation and writes it down. */
  accept(functionKey: string, event: unknown): Invocation;
  finish(id: number): void;
  close(): void;
}

/** Opens a journal, forgetting what it holds of finished invocations. */
export function openEventJournal(path: string): EventJournal {
  const unfinished = readUnfinished(path);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, unfinished.map((invocation) => `${JSON.stringify(invocation)}\n`).join(''));
  renameSync(`${path}.new`, path);
  const file = openSync(path, 'a');
  let lastId = unfinished.at(-1)?.id ?? 0;

  return {
    unfinished,
    accept(functionKey, event) {
      const invocation = { id: ++lastId, functionKey, event };
      writeSync(file, `${JSON.stringify(invocation)}\n`);
      return invocation;
    },
    finish: (id) => void writeSync(file, `{"finished":${id}}\n`),
    close: () => closeSync(file),
  };
}

function readUnfinished(path: string): Invocation[] {
  const open = new Map<number, Invocation>();
  if (!existsSync(path)) return [];
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const entry = parseLine(line);
    if (entry === undefined) continue;
    if ('finished' in entry) open.delete(entry.finished);
    else open.set(entry.id, entry);
  }
  return [...open.values()];
}

/** Undefined for the empty last line, and for one that a kill cut off. */
function parseLine(line: string): Invocation | { finished: number } | undefined {
  try {
    return JSON.parse(line) as Invocation | { finished: number };
  } catch {
    return undefined;
  }
}
