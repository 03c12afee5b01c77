/** What a running reduce logs, told line by line. */
import { createReadStream, statSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { setTimeout } from 'node:timers/promises';
import { parseLogEntry } from '../develop/tell.ts';

const POLL_MS = 300;

/** Of each event that reduce logs on its way, what it has done. */
const DONE: Record<string, (entry: Record<string, unknown>) => string> = {
  'reduce-paged': ({ used }) => `${used} photos read`,
  'reduce-fitted': ({ components }) => `PCA fitted, ${components} components`,
  'reduce-compared': ({ photos }) => `${photos} photos compared with each other`,
  'reduce-pictured': ({ made, wanted }) => `${made} of ${wanted} pictures made`,
};

/**
 * Tells of each phase that is done while `work` runs.
 *
 * @param log file that takes the functions' output; undefined: nothing is told
 */
export async function followReduce<T>(
  log: string | undefined,
  tell: (line: string) => void,
  work: Promise<T>,
): Promise<T> {
  if (log === undefined) return work;
  let isOver = false;
  const end = () => {
    isOver = true;
  };
  work.then(end, end);
  let start = statSync(log).size;
  for (let last = false; !last; ) {
    last = isOver;
    if (!last) await Promise.race([setTimeout(POLL_MS), work.catch(() => {})]);
    const { size } = statSync(log);
    if (size === start) continue;
    const lines = createInterface({ input: createReadStream(log, { start, end: size - 1 }) });
    start = size;
    for await (const line of lines) {
      const entry = parseLogEntry(line);
      const told = entry && Object.hasOwn(DONE, entry.message) && DONE[entry.message]?.(entry);
      if (told) tell(told);
    }
  }
  return work;
}
