/** What the local stack adds for a developer: new code at the next invocation, and a line per event. */
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from '../../layers/bundle.ts';
import { printable, printableLines } from '../printable.ts';
import { keepBundled } from './keep-bundled.ts';
import { createTally, type Tallied } from './tally.ts';
import { parseLogEntry, tellEntry } from './tell.ts';

export interface Development {
  /** File for the functions' raw log of this run, as JSON lines. */
  log: string;
  /** Takes a line that a function printed. */
  onLine(line: string): void;
  /** What was logged so far, counted. */
  tally(): Tallied;
  /** Settles once the bundles match the sources. */
  upToDate(): Promise<void>;
  close(): void;
}

/**
 * Bundles the functions, now and after each change, and opens their log in the data folder.
 *
 * @param root of the project
 * @throws VergerError `BUNDLE_FAILED` where they do not compile
 */
export async function develop(root: string, data: string): Promise<Development> {
  const { upToDate, close } = await keepBundled({
    sources: join(root, 'functions'),
    bundle,
    onBundled: (milliseconds) => console.log(`bundled again in ${Math.round(milliseconds)} ms`),
    onFailed: ({ message }) =>
      console.error(
        `functions do not compile, so the previous ones keep running:\n${printableLines(message)}`,
      ),
  });
  const log = join(data, 'functions.jsonl');
  rmSync(log, { force: true });
  const file = openSync(log, 'wx', 0o600);
  const tally = createTally();
  let isClosed = false;
  return {
    log,
    onLine(line) {
      if (isClosed) return; // a process that was stopped may still flush lines
      const entry = parseLogEntry(line);
      if (entry) {
        writeSync(file, `${line}\n`);
        tally.add(entry);
      }
      const told = entry ? tellEntry(entry) : printable(line);
      if (told !== undefined) console.log(told);
    },
    tally: tally.read,
    upToDate,
    close() {
      isClosed = true;
      close();
      closeSync(file);
    },
  };
}
