/** The pictures of a report: as many as fit its budgets of bytes and of time, the most wanted first. */
import { encodeThumbnail } from '../photo/thumbnail.ts';
import type { PhotoVersion, Pixels } from '../ports.ts';
import { eachInTime, type ReadingPorts, type ReadPhoto } from './read-photos.ts';

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

/** A picture that fits into a square of a side; undefined: the photo is gone, or cannot be read. */
export type Picture = { side: number; base64: string } | undefined;

/** Sides of a thumbnail, in pixels. */
const LARGE = 112;
const SMALL = 64;

/** Side of the picture of a wish. */
export function sideOf(at: number, { large }: Pick<ThumbnailWishes, 'large'>): number {
  return at < large ? LARGE : SMALL;
}

/** Makes one picture. @param small a photo's pixels, at most 128 a side */
export async function makePicture(small: Pixels | undefined, side: number): Promise<Picture> {
  if (small === undefined) return undefined;
  return { side, base64: Buffer.from(await encodeThumbnail(small, side)).toString('base64') };
}

/**
 * Makes the pictures. A photo that has gone, or was replaced since it was featurized, has none.
 *
 * @param known pictures that were made before: those photos are not read again, unless they are wanted in another size
 */
export async function makeThumbnails(
  ports: ReadingPorts,
  wishes: ThumbnailWishes,
  known: ReadonlyMap<PhotoVersion, Picture> = new Map(),
): Promise<Thumbnails> {
  const made = new Map<number, string>();
  let [bytes, gone] = [0, 0];
  const pictureOf = async (photo: PhotoVersion, side: number, readPhoto: ReadPhoto): Promise<Picture> => {
    const picture = known.get(photo);
    if (known.has(photo) && (picture === undefined || picture.side === side)) return picture;
    return await makePicture(await readPhoto(photo), side);
  };
  const several = wishes.photos.entries();
  const ended = await eachInTime(ports, wishes.milliseconds, several, async ([at, photo], readPhoto) => {
    const picture = await pictureOf(photo, sideOf(at, wishes), readPhoto);
    if (picture === undefined) gone += 1;
    else {
      const { base64 } = picture;
      if (bytes + base64.length > wishes.bytes) return false;
      made.set(at, base64);
      bytes += base64.length;
    }
    return true;
  });
  return { made, wanted: wishes.photos.length, gone, ended: ended === 'enough' ? 'bytes' : ended };
}
