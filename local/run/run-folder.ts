/** A private folder for one run, in the system's temporary folder. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAbandoned, lockFolder } from '../stack/folder-lock.ts';

const PREFIX = 'verger-run-';

/** Makes one, and removes those of runs that were killed. */
export function makeRunFolder() {
  for (const name of readdirSync(tmpdir())) {
    const folder = join(tmpdir(), name);
    if (name.startsWith(PREFIX) && isAbandoned(folder)) rmSync(folder, { recursive: true, force: true });
  }
  const folder = mkdtempSync(join(tmpdir(), PREFIX));
  const data = join(folder, 'data');
  const unlock = lockOrRemove(folder);
  return {
    /** Path for the local stack's data, unless it is kept. */
    data,
    /** Path for the local stack's output. */
    log: join(folder, 'stack.log'),
    /** Removes the data, and the log too unless it is to be read. */
    remove(keep: 'log' | 'nothing'): void {
      unlock();
      rmSync(keep === 'log' ? data : folder, { recursive: true, force: true });
    },
  };
}

function lockOrRemove(folder: string): () => void {
  try {
    return lockFolder(folder);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}
