/** Processor time of the local stack, as Linux counts it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** Milliseconds since their start. */
export interface ProcessTimes {
  /** Of a process's main thread. */
  main: number;
  /** Of its other threads. */
  threads: number;
  /** Of its child processes: the functions. */
  children: number;
}

/** Reads the times of a process and its children; zeros where there is no /proc. */
export function readProcessTimes(pid: number): ProcessTimes {
  if (!existsSync(`/proc/${pid}/task`)) return { main: 0, threads: 0, children: 0 };
  const main = readTime(`${pid}/task/${pid}`);
  const ids = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean),
  );
  const children = ids.reduce((sum, id) => sum + readTime(id), 0);
  return { main, threads: readTime(String(pid)) - main, children };
}

/** User and system time, the 14th and 15th field, in ticks of 10 ms; the 2nd, a name in parentheses, may hold spaces. */
function readTime(process: string): number {
  const text = readFileSync(`/proc/${process}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return 10 * (Number(fields[11]) + Number(fields[12]));
}
