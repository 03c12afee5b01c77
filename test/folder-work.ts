/** Work files in a folder, which tasks reach by reads alone, as in S3. */
import { existsSync, linkSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { WorkStore } from '../functions/core/spool/work-store.ts';

/** @param onRead told how many bytes are read */
export function createFolderWork(root: string, onRead: (bytes: number) => void = () => {}): WorkStore {
  const pathOf = (name: string) => {
    const path = join(root, name);
    mkdirSync(dirname(path), { recursive: true });
    return path;
  };
  return {
    async write(name, pieces) {
      writeFileSync(pathOf(name), Buffer.concat([...pieces]));
    },
    async commit(name, content) {
      const path = pathOf(name);
      const draft = `${path}.${process.pid}`;
      writeFileSync(draft, content);
      try {
        linkSync(draft, path); // fails where there is one
        return true;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
        throw error;
      } finally {
        rmSync(draft);
      }
    },
    async read(name, start = 0, end) {
      const path = pathOf(name);
      if (!existsSync(path)) return undefined;
      const file = await open(path);
      try {
        const length = (end ?? (await file.stat()).size) - start;
        const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, start);
        onRead(bytesRead);
        return buffer.subarray(0, bytesRead);
      } finally {
        await file.close();
      }
    },
  };
}
