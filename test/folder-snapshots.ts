/** Snapshots in a local folder, for reduces whose process is measured or killed. */
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { SnapshotStore } from '../functions/core/ports.ts';

/**
 * @param how `link`: a file that is written on the same disk already is the snapshot's, without a copy
 * @param at told of each moment: `before NAME`, `within NAME` with half of it written, `after NAME`, `publish`, `published`
 */
export function createFolderSnapshots(
  root: string,
  how: 'copy' | 'link' = 'copy',
  at: (moment: string) => void = () => {},
  stopsWithin: (name: string) => boolean = () => false,
): SnapshotStore {
  const latestPath = (collection: string) => join(root, collection, 'latest.json');
  const hashes = new Map<string, string>();
  return {
    async write(key, content, _contentType, sha256) {
      const path = join(root, key);
      const name = key.split('/').at(-1)!;
      mkdirSync(dirname(path), { recursive: true });
      at(`before ${name}`);
      if (stopsWithin(name)) {
        const whole = content instanceof Uint8Array ? content : readFileSync(content.path);
        writeFileSync(path, whole.subarray(0, whole.length / 2));
        at(`within ${name}`);
      }
      if (existsSync(path)) return false;
      if (content instanceof Uint8Array) writeFileSync(path, content);
      else if (how === 'link') linkSync(content.path, path);
      else copyFileSync(content.path, path);
      hashes.set(key, sha256);
      at(`after ${name}`);
      return true;
    },
    async stat(key) {
      const path = join(root, key);
      if (!existsSync(path)) return undefined;
      const sha256 = hashes.get(key) ?? createHash('sha256').update(readFileSync(path)).digest('hex');
      return { bytes: statSync(path).size, sha256 };
    },
    async latest(collection = '') {
      const path = latestPath(collection);
      return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
    },
    async publish(latest, collection = '') {
      const current = await this.latest(collection);
      if (current && current.snapshot > latest.snapshot) return false;
      const path = latestPath(collection);
      const staged = `${path}-${process.pid}`; // two processes may publish at once
      writeFileSync(staged, JSON.stringify(latest));
      at('publish');
      renameSync(staged, path);
      at('published');
      return true;
    },
  };
}
