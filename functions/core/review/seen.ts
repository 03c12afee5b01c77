/** Everything that a report tells of photos by comparing them. */
import type { MatrixProducts } from '../pca/matrix.ts';
import type { Clock, Log } from '../ports.ts';
import type { Timed } from '../stopwatch.ts';
import { arrangeByNeighbours } from './arrangement.ts';
import { type Review, review } from './review.ts';
import type { SampledRows } from './sample.ts';
import { chooseShown, type Shown } from './shown.ts';
import { makeThumbnails, type ThumbnailPorts, type Thumbnails } from './thumbnails.ts';

export interface Seen {
  /** Photos used by label. */
  labels: ReadonlyMap<string | null, number>;
  /** The rows that were compared, without their features. */
  sample: Omit<SampledRows, 'features'>;
  review: Review;
  shown: Shown;
  /** Places of the rows compared in another arrangement, by neighbours: Float32Array [rows × 2]. */
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
  /** Where photos are read for their pictures; absent where a snapshot is to hold none. */
  pictures?: Omit<ThumbnailPorts, 'clock'> | undefined;
}

/** Of the pictures that a report embeds: most bytes, in the page's base64, and milliseconds. */
const PICTURE_BYTES = 3_000_000;
const PICTURE_MS = 60_000;

/**
 * Compares the rows and makes pictures of those that are shown. Takes n²·d multiplications, and at most a minute for the
 * pictures.
 *
 * @param known the rows to compare, whose features are brought to length 1, and what is known without comparing
 */
export async function seePhotos(
  { products, clock, log, pictures }: SeeingPorts,
  { sample, ...known }: { sample: SampledRows } & Pick<Seen, 'labels' | 'refused'>,
  timed: Timed,
): Promise<Seen> {
  const { rows, features, components } = sample;
  const found = await timed('compare', () => review({ rows, features }, products));
  const nearby = await timed('arrange', async () =>
    arrangeByNeighbours(found.neighbours, components, components.length / rows.length),
  );
  log.info('reduce-compared', { photos: rows.length });
  const shown = chooseShown(found, rows, components);
  const seen = { ...known, sample: { rows, components }, review: found, shown, nearby };
  if (pictures === undefined) return seen;
  const thumbnails = await timed('pictures', () =>
    makeThumbnails(
      { ...pictures, clock },
      {
        photos: shown.pictures.map((place) => rows[place]!),
        large: shown.listed,
        bytes: PICTURE_BYTES,
        milliseconds: PICTURE_MS,
      },
    ),
  );
  const { made, wanted, gone } = thumbnails;
  log.info('reduce-pictured', { made: made.size, wanted, gone });
  return { ...seen, thumbnails };
}
