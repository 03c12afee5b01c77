/** One local stack a data folder: two would write into each other's files. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LocalError } from './error.ts';

/**
 * Takes the folder for this process; what a process that has ended left behind does not count.
 *
 * @returns gives it back
 * @throws LocalError naming the process that has it
 */
export function lockFolder(folder: string): () => void {
  const path = join(folder, 'lock');
  const holder = readHolder(path);
  if (holder !== undefined && holder !== process.pid && isRunning(holder)) {
    throw new LocalError(
      `${folder} is in use by another local stack (process ${holder}). ` +
        'Stop it, or choose another folder: VERGER_LOCAL_DATA=.local-2 npm run dev',
    );
  }
  writeFileSync(path, String(process.pid));
  return () => rmSync(path, { force: true });
}

function readHolder(path: string): number | undefined {
  try {
    return Number(readFileSync(path, 'utf8'));
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
