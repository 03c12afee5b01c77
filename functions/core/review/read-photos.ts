/** Reads photos for a report: several at a time, in order, for as long as there is time. */
import { Refusal } from '../errors.ts';
import type { PhotoLimits } from '../photo/photo-limits.ts';
import type { Clock, PhotoStore, PhotoVersion } from '../ports.ts';

export interface ReadingPorts {
  photos: Pick<PhotoStore, 'read'>;
  limits: PhotoLimits;
  clock: Clock;
}

/** Photos read at the same time; each is at most `limits.maxBytes` long. */
const AT_ONCE = 8;

/**
 * Makes something of each photo, and hands it over until that is enough or the time is over. Nothing is made of a photo that
 * has gone, was replaced since it was featurized, or cannot be read.
 *
 * @param take gets what was made, or undefined, and the photo's place; false: it is enough
 * @returns what ended it
 */
export async function readPhotos<T>(
  { photos, limits, clock }: ReadingPorts,
  versions: readonly PhotoVersion[],
  milliseconds: number,
  make: (stored: Uint8Array, at: number) => Promise<T>,
  take: (made: T | undefined, at: number) => boolean,
): Promise<'all' | 'enough' | 'time'> {
  const end = clock.now() + milliseconds;
  let next = 0;
  let ended: 'all' | 'enough' | 'time' = 'all';
  let failure: unknown;

  async function work(): Promise<void> {
    while (next < versions.length && ended === 'all' && failure === undefined) {
      if (clock.now() >= end) {
        ended = 'time';
        return;
      }
      const at = next++;
      if (!take(await madeOf(at), at)) ended = 'enough';
    }
  }
  async function madeOf(at: number): Promise<T | undefined> {
    try {
      const stored = await photos.read(versions[at]!, limits.maxBytes);
      return stored === undefined ? undefined : await make(stored.bytes, at);
    } catch (error) {
      if (error instanceof Refusal) return undefined;
      throw error;
    }
  }

  await Promise.all(
    Array.from({ length: AT_ONCE }, () =>
      work().catch((error: unknown) => {
        failure ??= error;
      }),
    ),
  );
  if (failure !== undefined) throw failure;
  return ended;
}
