/** Processor time of a process by kind of thread, as Linux counts it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Milliseconds by thread id; empty where there is no /proc. */
export function readThreadTimes(pid: number): Map<number, number> {
  const folder = `/proc/${pid}/task`;
  if (!existsSync(folder)) return new Map();
  return new Map(readdirSync(folder).map((id) => [Number(id), readTime(join(folder, id, 'stat'))]));
}

/**
 * Milliseconds between two readings: of the main thread, of the busiest others (the Lambda workers), of the rest.
 *
 * @param workers how many of the others are workers
 */
export function sumThreadTimes(
  pid: number,
  before: Map<number, number>,
  after: Map<number, number>,
  workers: number,
): { main: number; workers: number; rest: number } {
  const times = [...after].map(([id, time]) => ({ id, time: time - (before.get(id) ?? 0) }));
  const others = times.filter(({ id }) => id !== pid).sort((a, b) => b.time - a.time);
  const sum = (some: { time: number }[]) => some.reduce((total, { time }) => total + time, 0);
  return {
    main: sum(times.filter(({ id }) => id === pid)),
    workers: sum(others.slice(0, workers)),
    rest: sum(others.slice(workers)),
  };
}

/** User and system time, the 14th and 15th field, in ticks of 10 ms; the 2nd, a name in parentheses, may hold spaces. */
function readTime(path: string): number {
  const text = readFileSync(path, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return 10 * (Number(fields[11]) + Number(fields[12]));
}
