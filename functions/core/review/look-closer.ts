/** Reads photos again, each once, for both what a report tells by their pixels and the pictures that it shows. */
import type { MatrixProducts } from '../pca/matrix.ts';
import type { PhotoVersion } from '../ports.ts';
import { comparePixels, GreySquares, mostAlike } from './compare-pixels.ts';
import { withSamePictures } from './duplicates.ts';
import { eachInTime, type ReadingPorts } from './read-photos.ts';
import type { Review } from './review.ts';
import type { SampledRows } from './sample.ts';
import { chooseShown } from './shown.ts';
import { makePicture, type Picture, sideOf } from './thumbnails.ts';

const MILLISECONDS = 60_000;

/**
 * Reads photos, in at most a minute: first those that a report would show as things are told so far, until their pictures fill
 * its budget, then those most alike to another; and finds pairs of them that are one picture.
 *
 * @param sample rows whose features are of length 1
 * @param bytes most that all pictures together take in the page
 * @returns what is told with those pairs, and the pictures made, by row
 */
export async function lookCloser(
  ports: ReadingPorts,
  sample: SampledRows,
  told: Review,
  products: MatrixProducts,
  bytes: number,
): Promise<{ review: Review; pictures: Map<PhotoVersion, Picture> }> {
  const { rows, components } = sample;
  const shown = chooseShown(told, rows, components);
  const alike = mostAlike(told.neighbours, rows.length);
  const squares = new GreySquares(alike);
  const pictures = new Map<PhotoVersion, Picture>();
  let left = bytes;

  function* inOrder(): Generator<{ place: number; side?: number }> {
    const begun = new Set<number>();
    for (const [at, place] of shown.pictures.entries()) {
      if (left <= 0) break;
      begun.add(place);
      yield { place, side: sideOf(at, { large: shown.listed }) };
    }
    for (const place of alike) if (!begun.has(place)) yield { place };
  }

  await eachInTime(ports, MILLISECONDS, inOrder(), async ({ place, side }, readPhoto) => {
    const row = rows[place]!;
    const small = await readPhoto(row);
    if (side !== undefined) {
      const picture = await makePicture(small, side);
      pictures.set(row, picture);
      left -= picture?.base64.length ?? 0;
    }
    if (small) squares.add(place, small);
    return true;
  });
  const { same, photos } = await comparePixels(sample, squares, products);
  const etags = rows.map(({ etag }) => etag);
  const nearDuplicates = withSamePictures(etags, told.nearDuplicates, same);
  return { review: { ...told, nearDuplicates, byPixels: photos }, pictures };
}
