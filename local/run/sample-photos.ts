/** The built-in sample photos, drawn once. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { renderSamples, SAMPLE_KINDS, VIEWS } from '../samples/render.ts';
import { findPhotos, type LocalPhoto } from './photos.ts';
import { showProgress } from './progress.ts';

const FOLDER = fileURLToPath(new URL('../../build/samples', import.meta.url));

/** The samples, drawn first where they are not all there. */
export async function samplePhotos(folder = FOLDER): Promise<LocalPhoto[]> {
  const complete = SAMPLE_KINDS.length * VIEWS;
  const found = existsSync(folder) ? await findPhotos(folder) : [];
  if (found.length === complete) return found;
  await renderSamples(folder, showProgress('drawn'));
  return findPhotos(folder);
}
