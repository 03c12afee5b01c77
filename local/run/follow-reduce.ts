/** What a running reduce logs, told line by line. */
import { createReadStream, statSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { setTimeout } from 'node:timers/promises';
import { PHASES, parseLogEntry } from '../develop/tell.ts';

const POLL_MS = 300;

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
      const told = entry && Object.hasOwn(PHASES, entry.message) && PHASES[entry.message]?.(entry);
      if (told) tell(told);
    }
  }
  return work;
}
