/** The photos below a folder. */
import { readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { InvalidRequest } from '../../functions/core/errors.ts';

export interface LocalPhoto {
  path: string;
  /** Path below the folder, with `/`: its key in the bucket. */
  key: string;
}

/**
 * Every regular file below a folder whose path holds no name that begins with a dot, in the order of keys.
 * Whether it is a photo is not asked here: featurize recognises that by content, and refuses what is none.
 *
 * @throws InvalidRequest where the folder is missing or holds no such file
 */
export async function findPhotos(folder: string): Promise<LocalPhoto[]> {
  const isFolder = await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) throw new InvalidRequest(`There is no folder ${folder} (--photos)`);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const photos = entries
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return { path, key: relative(folder, path).split(sep).join('/') };
    })
    .filter(({ key }) => !key.split('/').some((name) => name.startsWith('.')))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  if (photos.length === 0) throw new InvalidRequest(`The folder ${folder} (--photos) holds no file`);
  return photos;
}
