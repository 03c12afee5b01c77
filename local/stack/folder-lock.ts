/** One local stack per data folder: two would write into each other's files. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LocalError } from './error.ts';

/**
 * Locks the folder for this process, creating it if missing; the lock of a process that has ended is ignored.
 *
 * @returns unlocks it
 * @throws LocalError naming the process that has it, or why it cannot be written to
 */
export function lockFolder(folder: string): () => void {
  const path = join(folder, NAME);
  const holder = readHolder(folder);
  if (holder !== undefined && holder !== process.pid && isRunning(holder)) {
    throw new LocalError(
      `${folder} is in use by another local stack (process ${holder}). ` +
        'Stop it, or choose another folder: VERGER_LOCAL_DATA=.local-2 npm run dev',
    );
  }
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(path, String(process.pid));
  } catch (error) {
    throw new LocalError(`${folder} cannot hold the local stack's data: ${(error as Error).message}`);
  }
  return () => rmSync(path, { force: true });
}

/** Whether a process that was killed has left the folder behind. */
export function isAbandoned(folder: string): boolean {
  const holder = readHolder(folder);
  return holder !== undefined && !isRunning(holder);
}

const NAME = 'lock';

/** Undefined also where a full disk took the file and not the number. */
function readHolder(folder: string): number | undefined {
  try {
    return Number(readFileSync(join(folder, NAME), 'utf8')) || undefined;
  } catch {
    return undefined;
  }
}

function isRunning(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
