import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';

const NAME = /^verger-reduce-(?<pid>\d+)-(?<thread>\d+)-/;

/** Folders in use by this thread; kept where a second copy of this module (bundled twice) finds it too. */
const shared = globalThis as { [key: symbol]: Set<string> | undefined };
const KEY = Symbol.for('verger.scratch');
const inUse = shared[KEY] ?? new Set<string>();
shared[KEY] = inUse;

/**
 * Makes an empty folder below `parent`, and removes it when `work` ends, well or badly. A killed process cannot:
 * folders of ended processes are removed first. (Lambda keeps /tmp when it restarts a process that ran out of time,
 * often under the same process id.)
 */
export async function withScratchFolder<T>(parent: string, work: (folder: string) => Promise<T>): Promise<T> {
  mkdirSync(parent, { recursive: true });
  for (const name of readdirSync(parent)) {
    if (isAbandoned(parent, name)) removeIfAllowed(join(parent, name));
  }
  const folder = mkdtempSync(join(parent, `verger-reduce-${process.pid}-${threadId}-`));
  inUse.add(folder);
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    inUse.delete(folder);
  }
}

/** Another thread of this process (serverless-offline has one an invocation) is taken to be alive. */
function isAbandoned(parent: string, name: string): boolean {
  const owner = NAME.exec(name)?.groups;
  if (owner === undefined) return false;
  if (Number(owner.pid) !== process.pid) return !isAlive(Number(owner.pid));
  return Number(owner.thread) === threadId && !inUse.has(join(parent, name));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0); // signal 0 asks whether the process exists
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** What another user left in a shared folder is theirs to remove. */
function removeIfAllowed(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch (error) {
    if (!['EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}
