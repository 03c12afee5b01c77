/** Photos that are one picture, told by their pixels. */
import type { MatrixProducts } from '../pca/matrix.ts';
import type { Pixels } from '../ports.ts';
import type { NearDuplicate } from './duplicates.ts';
import { SIDE, toGreySquare } from './grey-square.ts';
import type { Neighbours } from './neighbours.ts';
import type { ReviewedRows } from './review.ts';
import { findSamePictures } from './same-picture.ts';

/** Most photos whose pixels are compared: 74 MB. */
const MOST = 8000;

/** Places of the photos whose pixels are compared: those most alike to another by their features, the most alike first. */
export function mostAlike({ each, similarity }: Neighbours, photos: number): number[] {
  const nearest = (at: number) => similarity[at * each] ?? 0;
  const order = Array.from({ length: photos }, (_, at) => at);
  return order.sort((a, b) => nearest(b) - nearest(a)).slice(0, MOST);
}

/** Photos as small grey squares, in order of their places, whatever the order in which they were read. */
export class GreySquares {
  readonly #places: number[];
  readonly #slots: Map<number, number>;
  readonly #levels: Float32Array;
  readonly #read: number[] = [];

  /** @param places of the photos that may come */
  constructor(places: readonly number[]) {
    this.#places = places.toSorted((a, b) => a - b);
    this.#slots = new Map(this.#places.map((place, slot) => [place, slot]));
    this.#levels = new Float32Array(places.length * SIDE ** 2);
  }

  /** Adds a photo, unless it is one that nothing is compared with. @param small its pixels, at most 128 a side */
  add(place: number, small: Pixels): void {
    const slot = this.#slots.get(place);
    if (slot === undefined) return;
    toGreySquare(small, this.#levels.subarray(slot * SIDE ** 2, (slot + 1) * SIDE ** 2));
    this.#read.push(slot);
  }

  /** Those that were added: places, and grey levels as Float32Array [places × 48·48], which are moved together. */
  end(): { places: number[]; levels: Float32Array } {
    const read = this.#read.sort((a, b) => a - b);
    for (const [to, from] of read.entries())
      this.#levels.copyWithin(to * SIDE ** 2, from * SIDE ** 2, (from + 1) * SIDE ** 2);
    const places = read.map((slot) => this.#places[slot]!);
    return { places, levels: this.#levels.subarray(0, read.length * SIDE ** 2) };
  }
}

/**
 * Finds pairs of photos that are one picture; of two files of one content nothing is said.
 *
 * @param reviewed rows whose features are of length 1
 * @returns pairs, the most alike first, and how many photos were compared
 */
export async function comparePixels(
  { rows, features }: ReviewedRows,
  squares: GreySquares,
  products: MatrixProducts,
): Promise<{ same: NearDuplicate[]; photos: number }> {
  const { places, levels } = squares.end();
  const d = features.length / rows.length;
  const found = await findSamePictures(levels, products);
  const same = found.flatMap(({ places: [first, second] }): NearDuplicate[] => {
    const [a, b] = [places[first]!, places[second]!];
    if (rows[a]!.etag === rows[b]!.etag) return [];
    let cosine = 0;
    for (let at = 0; at < d; at++) cosine += features[a * d + at]! * features[b * d + at]!;
    return [{ places: [a, b], similarity: cosine, same: true }];
  });
  return { same, photos: places.length };
}
