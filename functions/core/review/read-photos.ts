/** Reads photos for a report: several at a time, in order, for as long as there is time. */
import { Refusal } from '../errors.ts';
import { limitSum } from '../limit.ts';
import type { PhotoLimits } from '../photo/photo-limits.ts';
import { pixelsHeld, readSmall } from '../photo/thumbnail.ts';
import type { Clock, PhotoStore, PhotoVersion, Pixels } from '../ports.ts';

export interface ReadingPorts {
  photos: Pick<PhotoStore, 'read'>;
  limits: PhotoLimits;
  clock: Clock;
}

/**
 * Reads a photo.
 *
 * @returns its pixels, at most 128 a side; undefined where it has gone, was replaced since it was featurized, or cannot be read
 */
export type ReadPhoto = (version: PhotoVersion) => Promise<Pixels | undefined>;

/** Photos that are fetched at the same time; each is at most `limits.maxBytes` long. */
const AT_ONCE = 8;

class TimeIsOver extends Error {}

/**
 * Does something with each of several, eight at a time, until that is enough or the time is over. Photos that are decoded at
 * the same time have together at most the pixels that one may have: the worst of those takes a gigabyte.
 *
 * @param work false: it is enough. It is ended where it reads a photo that does not arrive, or has no turn, in time
 * @returns what ended it
 */
export async function eachInTime<T>(
  { photos, limits, clock }: ReadingPorts,
  milliseconds: number,
  several: Iterable<T>,
  work: (one: T, readPhoto: ReadPhoto) => Promise<boolean>,
): Promise<'all' | 'enough' | 'time'> {
  const end = clock.now() + milliseconds;
  const rest = several[Symbol.iterator]();
  const decoding = limitSum(limits.maxPixels);
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TimeIsOver()), milliseconds);
  });
  over.catch(() => {}); // where nothing is being fetched
  let ended: 'all' | 'enough' | 'time' = 'all';
  let failure: unknown;

  const readPhoto: ReadPhoto = async (version) => {
    try {
      const arrived: { bytes?: Uint8Array } = {};
      const fetching = photos.read(version, limits.maxBytes).then((stored) => {
        if (stored) arrived.bytes = stored.bytes;
      });
      await Promise.race([fetching, over]); // a race for the bytes would keep them until `over` is settled
      const { bytes } = arrived;
      if (bytes === undefined) return undefined;
      return await decoding(pixelsHeld(bytes), async () => {
        if (clock.now() >= end) throw new TimeIsOver();
        return await readSmall(bytes, limits);
      });
    } catch (error) {
      if (error instanceof Refusal) return undefined;
      throw error;
    }
  };

  async function goOn(): Promise<void> {
    while (ended === 'all' && failure === undefined) {
      const next = rest.next();
      if (next.done) return;
      if (clock.now() >= end) ended = 'time';
      else if (!(await work(next.value, readPhoto))) ended = 'enough';
    }
  }

  const workers = Array.from({ length: AT_ONCE }, () =>
    goOn().catch((error: unknown) => {
      if (!(error instanceof TimeIsOver)) failure ??= error;
      else if (ended === 'all') ended = 'time';
    }),
  );
  await Promise.all(workers);
  clearTimeout(timer);
  if (failure !== undefined) throw failure;
  return ended;
}
