/** The sample photos that come with this project. */
import { fileURLToPath } from 'node:url';
import { findPhotos, type LocalPhoto } from './photos.ts';

/** Finds the photos in `samples/`, beside which its README lies. */
export async function samplePhotos(): Promise<LocalPhoto[]> {
  const { photos } = await findPhotos(fileURLToPath(new URL('../../samples', import.meta.url)));
  return photos.filter(({ key }) => key.endsWith('.jpg'));
}
