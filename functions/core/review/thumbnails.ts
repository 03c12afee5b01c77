/** The pictures of a report: as many as fit its budgets of bytes and of time, the most wanted first. */
import { Refusal } from '../errors.ts';
import type { PhotoLimits } from '../photo/photo-limits.ts';
import { makeThumbnail } from '../photo/thumbnail.ts';
import type { Clock, PhotoStore, PhotoVersion } from '../ports.ts';

export interface ThumbnailPorts {
  photos: PhotoStore;
  limits: PhotoLimits;
  clock: Clock;
}

export interface ThumbnailWishes {
  /** The most wanted first. */
  photos: PhotoVersion[];
  /** How many of them, at the beginning, are shown large. */
  large: number;
  /** Most bytes that all pictures together take in the page. */
  bytes: number;
  /** Most milliseconds, but for pictures that are being made when they end. */
  milliseconds: number;
}

export interface Thumbnails {
  /** WebP in base64 by place in the wishes. */
  made: Map<number, string>;
  wanted: number;
  /** Photos that are gone, or cannot be read, so that there is nothing to show. */
  gone: number;
  /** What ended it. */
  ended: 'all' | 'bytes' | 'time';
}

/** Sides of a thumbnail, in pixels. */
const LARGE = 112;
const SMALL = 64;
/** Photos read at the same time; each is at most `limits.maxBytes` long. */
const AT_ONCE = 8;

/** Makes the pictures. A photo that has gone, or was replaced since it was featurized, has none. */
export async function makeThumbnails(
  { photos, limits, clock }: ThumbnailPorts,
  wishes: ThumbnailWishes,
): Promise<Thumbnails> {
  const made = new Map<number, string>();
  const end = clock.now() + wishes.milliseconds;
  let [next, bytes, gone] = [0, 0, 0];
  let ended: Thumbnails['ended'] = 'all';
  let failure: unknown;

  async function work(): Promise<void> {
    while (next < wishes.photos.length && ended === 'all' && failure === undefined) {
      if (clock.now() >= end) {
        ended = 'time';
        return;
      }
      const at = next++;
      const picture = await pictureOf(wishes.photos[at]!, at < wishes.large ? LARGE : SMALL);
      if (picture === undefined) gone += 1;
      else if (bytes + picture.length > wishes.bytes) ended = 'bytes';
      else {
        made.set(at, picture);
        bytes += picture.length;
      }
    }
  }
  async function pictureOf(photo: PhotoVersion, side: number): Promise<string | undefined> {
    try {
      const stored = await photos.read(photo, limits.maxBytes);
      if (stored === undefined) return undefined;
      return Buffer.from(await makeThumbnail(stored.bytes, side, limits)).toString('base64');
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
  return { made, wanted: wishes.photos.length, gone, ended };
}
