/** Photos that are one picture by their pixels, though stored again smaller, cropped or compressed more. */
import type { MatrixProducts } from '../pca/matrix.ts';
import { SIDE } from './grey-square.ts';
import { findCandidates } from './picture-candidates.ts';
import { distanceOf } from './registration.ts';

/** Up to this distance two photos are one picture: nearly all frames of a fruit that turns by 1° between them are farther apart. */
const SAME = 0.000_25;
/** Up to this they are if they are also far nearer to each other than to what else is near. */
const LIKE = 0.001;
/** As a share of the next candidate's distance. */
const STANDS_OUT = 0.3;
/** Photos that each is compared with. */
const TRIED = 5;

export interface SamePicture {
  /** Places of the two photos, the first earlier. */
  places: [number, number];
  /** See `distanceOf`. */
  distance: number;
}

/**
 * Pairs of photos that are one picture.
 *
 * @param squares smoothed grey levels, row-major Float32Array [n × 48·48]
 */
export async function findSamePictures(
  squares: Float32Array,
  products: MatrixProducts,
): Promise<SamePicture[]> {
  const n = squares.length / SIDE ** 2;
  const square = (at: number) => squares.subarray(at * SIDE ** 2, (at + 1) * SIDE ** 2);
  const found = new Map<number, SamePicture>();
  const candidates = await findCandidates(square, n, products, TRIED);
  for (let at = 0; at < n; at++) {
    const tried = candidates[at]!;
    const distances = tried.map((other) => distanceOf(square(other), square(at)));
    const [least = 1, next = 1] = distances.toSorted((a, b) => a - b);
    const most = least <= STANDS_OUT * next ? LIKE : SAME;
    for (const [rank, other] of tried.entries()) {
      const distance = distances[rank]!;
      if (distance > SAME && !(distance === least && distance <= most)) continue;
      const places: [number, number] = at < other ? [at, other] : [other, at];
      const pair = places[0] * n + places[1];
      if (distance < (found.get(pair)?.distance ?? 1)) found.set(pair, { places, distance });
    }
  }
  return [...found.values()].sort((a, b) => a.distance - b.distance || a.places[0] - b.places[0]);
}
