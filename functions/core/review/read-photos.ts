/** Reads photos for a report: several at a time, in order, for as long as there is time. */
import { Refusal } from '../errors.ts';
import type { PhotoLimits } from '../photo/photo-limits.ts';
import { readSmall } from '../photo/thumbnail.ts';
import type { Clock, PhotoStore, PhotoVersion, Pixels } from '../ports.ts';

export interface ReadingPorts {
  photos: Pick<PhotoStore, 'read'>;
  limits: PhotoLimits;
  clock: Clock;
}

/** Photos in memory at the same time; each is at most `limits.maxBytes` long. */
const AT_ONCE = 8;

/**
 * Reads a photo.
 *
 * @returns its pixels, at most 128 a side; undefined where it has gone, was replaced since it was featurized, or cannot be read
 */
export async function readPhoto(
  { photos, limits }: ReadingPorts,
  version: PhotoVersion,
): Promise<Pixels | undefined> {
  try {
    const stored = await photos.read(version, limits.maxBytes);
    return stored && (await readSmall(stored.bytes, limits));
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

/**
 * Does something with each of several, eight at a time, until that is enough or the time is over.
 *
 * @param work false: it is enough
 * @returns what ended it
 */
export async function eachInTime<T>(
  { clock }: Pick<ReadingPorts, 'clock'>,
  milliseconds: number,
  several: Iterable<T>,
  work: (one: T) => Promise<boolean>,
): Promise<'all' | 'enough' | 'time'> {
  const end = clock.now() + milliseconds;
  const rest = several[Symbol.iterator]();
  let ended: 'all' | 'enough' | 'time' = 'all';
  let failure: unknown;

  async function goOn(): Promise<void> {
    while (ended === 'all' && failure === undefined) {
      const next = rest.next();
      if (next.done) return;
      if (clock.now() >= end) ended = 'time';
      else if (!(await work(next.value))) ended = 'enough';
    }
  }

  await Promise.all(
    Array.from({ length: AT_ONCE }, () =>
      goOn().catch((error: unknown) => {
        failure ??= error;
      }),
    ),
  );
  if (failure !== undefined) throw failure;
  return ended;
}
