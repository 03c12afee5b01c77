/** Everything that a report tells of photos by comparing them. */
import type { MatrixProducts } from '../pca/matrix.ts';
import type { Clock, Log } from '../ports.ts';
import type { Timed } from '../stopwatch.ts';
import { arrangeByNeighbours } from './arrangement.ts';
import { lookCloser } from './look-closer.ts';
import { findNeighbours } from './neighbours.ts';
import type { ReadingPorts } from './read-photos.ts';
import { type Review, review } from './review.ts';
import type { SampledRows } from './sample.ts';
import { chooseShown, type Shown } from './shown.ts';
import { makeThumbnails, type Thumbnails } from './thumbnails.ts';

export interface Seen {
  /** Photos used by label. */
  labels: ReadonlyMap<string | null, number>;
  /** The rows that were compared, without their features. */
  sample: Omit<SampledRows, 'features'>;
  review: Review;
  shown: Shown;
  /** Places of the map's points in another arrangement, by neighbours: Float32Array [points × 2]. */
  nearby: Float32Array;
  /** Absent where the snapshot is to hold no pictures. */
  thumbnails?: Thumbnails;
  /** Some of the refused photos, by key. */
  refused: RefusedPhoto[];
}

export interface RefusedPhoto {
  key: string;
  reason: string;
  detail: string;
}

export interface SeeingPorts {
  products: MatrixProducts;
  clock: Clock;
  log: Log;
  /** Where photos are read, for their pictures and to compare them; absent where a snapshot is to hold no picture. */
  pictures?: Omit<ReadingPorts, 'clock'> | undefined;
}

/** Of the pictures that a report embeds: most bytes, in the page's base64, and milliseconds. */
const PICTURE_BYTES = 3_000_000;
const PICTURE_MS = 60_000;

/**
 * Compares the rows and makes pictures of those that are shown. Takes n²·d multiplications, and at most a minute to read
 * photos once and one to read those again whose pictures are wanted otherwise after that.
 *
 * @param known the rows to compare, whose features are dropped in the end, and what is known without comparing
 */
export async function seePhotos(
  { products, clock, log, pictures: store }: SeeingPorts,
  { sample, ...known }: { sample: SampledRows } & Pick<Seen, 'labels' | 'refused'>,
  timed: Timed,
): Promise<Seen> {
  const { rows, components } = sample;
  const told = await timed('compare', () => review(sample, products));
  const reading = store && { ...store, clock };
  const closer =
    reading &&
    (await timed('compare-pixels', () => lookCloser(reading, sample, told, products, PICTURE_BYTES)));
  const found = closer?.review ?? told;
  log.info('reduce-compared', { photos: rows.length, byPixels: found.byPixels });
  const shown = chooseShown(found, rows, components);
  const nearby = await timed('arrange', () => arrangePoints(shown.points, sample, found, products));
  sample.features = new Float32Array(); // up to 256 MB that nothing needs from here on
  const seen = { ...known, sample: { rows, components }, review: found, shown, nearby };
  if (!closer) return seen;
  const wishes = {
    photos: shown.pictures.map((place) => rows[place]!),
    large: shown.listed,
    bytes: PICTURE_BYTES,
    milliseconds: PICTURE_MS,
  };
  const thumbnails = await timed('pictures', () => makeThumbnails(reading, wishes, closer.pictures));
  const { made, wanted, gone } = thumbnails;
  log.info('reduce-pictured', { made: made.size, wanted, gone });
  return { ...seen, thumbnails };
}

/**
 * Arranges the points of the map, by their neighbours among each other.
 *
 * @param neighbours those of all rows
 * @returns Float32Array [points × 2]
 */
export async function arrangePoints(
  points: number[],
  { rows, features, components }: SampledRows,
  { neighbours }: Pick<Review, 'neighbours'>,
  products: MatrixProducts,
): Promise<Float32Array> {
  const [d, c] = [features.length / rows.length, components.length / rows.length];
  const all = points.length === rows.length;
  const among = all
    ? neighbours
    : await findNeighbours(pick(features, d, points), points.length, d, products, neighbours.each);
  return arrangeByNeighbours(among, pick(components, c, points), c);
}

/** Some rows of a row-major matrix, copied. */
function pick(matrix: Float32Array, columns: number, rows: number[]): Float32Array {
  const picked = new Float32Array(rows.length * columns);
  for (const [to, from] of rows.entries()) {
    picked.set(matrix.subarray(from * columns, (from + 1) * columns), to * columns);
  }
  return picked;
}
