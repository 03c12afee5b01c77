/** An append-only file of JSON lines, compacted when it is opened. */
import * as fs from 'node:fs';
import { dirname } from 'node:path';

export interface Journal<Line> {
  /** @throws where the disk takes no more; then nothing of the line is there */
  append(line: Line): void;
  /** For one that goes before its process does. */
  close(): void;
}

/**
 * Opens a journal. A line cut off by a kill is skipped.
 *
 * @param sumUp turns the earlier lines into fewer that say the same
 */
export function openJournal<Line>(path: string, sumUp: (lines: Line[]) => Line[]): Journal<Line> {
  const text = fs.existsSync(path) ? fs.readFileSync(path, 'utf8') : '';
  const lines = sumUp(text.split('\n').flatMap((line) => parseLine<Line>(line) ?? []));
  fs.mkdirSync(dirname(path), { recursive: true });
  fs.writeFileSync(`${path}.new`, lines.map(toLine).join(''));
  fs.renameSync(`${path}.new`, path);
  const file = fs.openSync(path, 'a'); // opened once: a line then takes a fifth of the time
  let size = fs.fstatSync(file).size;
  return {
    append(line) {
      const bytes = Buffer.from(toLine(line));
      try {
        fs.writeFileSync(file, bytes);
      } catch (error) {
        fs.ftruncateSync(file, size); // a beginning would spoil the next line
        throw error;
      }
      size += bytes.length;
    },
    close: () => fs.closeSync(file),
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
