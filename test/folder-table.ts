/** The objects of a snapshot bucket as files of a folder, for processes that come one after the other. */
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { TableStore } from '../functions/core/ports.ts';

/** @param at is told of each moment before and after an object appears */
export function createFolderTable(root: string, at: (moment: string) => void = () => {}): TableStore {
  const pathOf = (key: string) => join(root, key);
  const stage = (key: string, content: Uint8Array) => {
    const path = `${join(root, 'staged')}-${process.pid}`;
    mkdirSync(dirname(pathOf(key)), { recursive: true });
    rmSync(path, { force: true }); // what it was linked to keeps its content
    writeFileSync(path, content);
    return path;
  };
  const keys = (prefix: string) => {
    const folder = pathOf(prefix);
    if (!existsSync(folder)) return [];
    const found = readdirSync(folder, { recursive: true, withFileTypes: true });
    const files = found.filter((entry) => entry.isFile());
    return files.map(({ parentPath, name }) => join(parentPath, name).slice(root.length + 1)).sort();
  };
  const write = (key: string, content: Uint8Array) => {
    const staged = stage(key, content);
    rmSync(pathOf(key), { force: true });
    linkSync(staged, pathOf(key));
  };
  return {
    read: async (key) => (existsSync(pathOf(key)) ? readFileSync(pathOf(key)) : undefined),
    write: async (key, content) => write(key, content),
    async create(key, content) {
      const name = key.slice(key.lastIndexOf('/') + 1);
      at(`before ${name}`);
      try {
        linkSync(stage(key, content), pathOf(key));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
        throw error;
      }
      at(`after ${name}`);
      return true;
    },
    async *list(prefix, after = '') {
      yield keys(prefix)
        .filter((key) => key > after)
        .map((key) => ({ key, modified: statSync(pathOf(key)).mtimeMs }));
    },
    async folders(folder) {
      const names = keys(folder).map((key) => key.slice(0, key.indexOf('/', folder.length) + 1));
      return [...new Set(names.filter((name) => name !== ''))];
    },
    async remove(removed) {
      for (const key of removed) rmSync(pathOf(key), { force: true });
    },
  };
}
