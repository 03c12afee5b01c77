/** An append-only file of JSON lines, compacted when it is opened. */
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

export interface Journal<Line> {
  append(line: Line): void;
  close(): void;
}

/**
 * Opens a journal. A line cut off by a kill is skipped.
 *
 * @param sumUp turns the earlier lines into fewer that say the same
 */
export function openJournal<Line>(path: string, sumUp: (lines: Line[]) => Line[]): Journal<Line> {
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const lines = sumUp(text.split('\n').flatMap((line) => parseLine<Line>(line) ?? []));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, lines.map(toLine).join(''));
  renameSync(`${path}.new`, path);
  const file = openSync(path, 'a');
  return {
    append: (line) => void writeSync(file, toLine(line)),
    close: () => closeSync(file),
  };
}

function toLine(line: unknown): string {
  return `${JSON.stringify(line)}\n`;
}

function parseLine<Line>(line: string): Line | undefined {
  try {
    return JSON.parse(line) as Line;
  } catch {
    return undefined;
  }
}
