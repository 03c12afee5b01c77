/** An append-only file of JSON lines, compacted when it is opened. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Opens a journal. A line cut off by a kill is skipped.
 *
 * @param sumUp turns the earlier lines into fewer that say the same
 * @returns appends a line
 */
export function openJournal<Line>(path: string, sumUp: (lines: Line[]) => Line[]): (line: Line) => void {
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const lines = sumUp(text.split('\n').flatMap((line) => parseLine<Line>(line) ?? []));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, lines.map(toLine).join(''));
  renameSync(`${path}.new`, path);
  return (line) => appendFileSync(path, toLine(line));
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
