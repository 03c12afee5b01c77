/** Photos for the packaged functions: real ones where they are at hand, else the project's own samples. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { samplePhotos } from '../../local/run/photos.ts';

const SHARED = fileURLToPath(new URL('../../../shared', import.meta.url));
const FIXTURES = fileURLToPath(new URL('../fixtures/heic', import.meta.url));
const FOLDERS = ['fruits-360/sample/*', 'grocery-photos/train/*', 'odd-images/accept', 'odd-images/refuse'];

/**
 * Some photos of each folder of `../shared`, enough of a label for a classifier, or of the sample photos; and always one
 * of 12 megapixels in Display P3, as telephones write it, one that breaks off, and HEIC.
 *
 * @returns contents by key, `<folder>/<name>`
 */
export async function gatherPhotos(): Promise<Map<string, Buffer>> {
  const bytes = existsSync(join(SHARED, 'fruits-360')) ? readShared() : await readSamples();
  const [first] = bytes.values();
  const large = await sharp(first)
    .resize(4000, 3000, { fit: 'fill' })
    .withIccProfile('p3')
    .jpeg({ quality: 90 })
    .toBuffer();
  bytes.set('large/12 megapixels.jpg', large);
  bytes.set('broken/half.jpg', large.subarray(0, large.length / 2));
  for (const name of ['display-p3.heic', 'low-quality.heic']) {
    bytes.set(`heic/${name}`, readFileSync(join(FIXTURES, name)));
  }
  return bytes;
}

function readShared(): Map<string, Buffer> {
  const bytes = new Map<string, Buffer>();
  for (const pattern of FOLDERS) {
    const top = join(SHARED, pattern.replace('/*', ''));
    const folders = pattern.endsWith('*') ? readdirSync(top).sort().slice(0, 8) : ['.'];
    for (const folder of folders) {
      const names = readdirSync(join(top, folder)).filter((name) =>
        /\.(jpe?g|png|gif|webp|tiff?|avif)$/i.test(name),
      );
      for (const name of names.sort().slice(0, pattern.endsWith('*') ? 3 : 6)) {
        bytes.set(join(pattern.replace('/*', ''), folder, name), readFileSync(join(top, folder, name)));
      }
    }
  }
  return bytes;
}

async function readSamples(): Promise<Map<string, Buffer>> {
  const some = (await samplePhotos()).filter((_, index) => index % 8 === 0);
  return new Map(some.map(({ key, path }) => [key, readFileSync(path)]));
}
