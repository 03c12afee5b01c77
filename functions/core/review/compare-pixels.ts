/** Photos that are one picture, told by their pixels: read again, as far as a bound of photos and of time lets it. */

import type { MatrixProducts } from '../pca/matrix.ts';
import { readSmall } from '../photo/thumbnail.ts';
import type { NearDuplicate } from './duplicates.ts';
import { SIDE, toGreySquare } from './grey-square.ts';
import type { Neighbours } from './neighbours.ts';
import { type ReadingPorts, readPhotos } from './read-photos.ts';
import type { ReviewedRows } from './review.ts';
import { findSamePictures } from './same-picture.ts';

/** Most photos whose pixels are compared: 74 MB. */
const MOST = 8000;
const MILLISECONDS = 60_000;

/**
 * Reads photos, those first that are most alike to another by their features, and finds pairs that are one picture; of two
 * files of one content nothing is said.
 *
 * @param reviewed rows whose features are of length 1
 * @returns pairs, the most alike first, and how many photos were compared
 */
export async function comparePixels(
  ports: ReadingPorts,
  { rows, features }: ReviewedRows,
  { each, similarity }: Neighbours,
  products: MatrixProducts,
): Promise<{ same: NearDuplicate[]; photos: number }> {
  const nearest = (at: number) => similarity[at * each] ?? 0;
  const order = rows.map((_, at) => at);
  if (order.length > MOST) order.sort((a, b) => nearest(b) - nearest(a) || a - b);
  const wanted = order.slice(0, MOST).sort((a, b) => a - b);
  const squares = new Float32Array(wanted.length * SIDE ** 2);
  const read: number[] = [];
  await readPhotos(
    ports,
    wanted.map((place) => rows[place]!),
    MILLISECONDS,
    (stored) => readSmall(stored, ports.limits),
    (pixels, at) => {
      if (pixels) {
        toGreySquare(pixels, squares.subarray(at * SIDE ** 2, (at + 1) * SIDE ** 2));
        read.push(at);
      }
      return true;
    },
  );
  read.sort((a, b) => a - b);
  for (const [to, from] of read.entries())
    squares.copyWithin(to * SIDE ** 2, from * SIDE ** 2, (from + 1) * SIDE ** 2);
  const found = await findSamePictures(squares.subarray(0, read.length * SIDE ** 2), products);
  const d = features.length / rows.length;
  const same = found.flatMap(({ places: [first, second] }): NearDuplicate[] => {
    const [a, b] = [wanted[read[first]!]!, wanted[read[second]!]!];
    if (rows[a]!.etag === rows[b]!.etag) return [];
    let cosine = 0;
    for (let at = 0; at < d; at++) cosine += features[a * d + at]! * features[b * d + at]!;
    return [{ places: [a, b], similarity: cosine, same: true }];
  });
  return { same, photos: read.length };
}
