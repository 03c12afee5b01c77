/** The pictures of a report: as many as fit its budgets of bytes and of time, the most wanted first. */
import { makeThumbnail } from '../photo/thumbnail.ts';
import type { PhotoVersion } from '../ports.ts';
import { type ReadingPorts, readPhotos } from './read-photos.ts';

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

/** Makes the pictures. A photo that has gone, or was replaced since it was featurized, has none. */
export async function makeThumbnails(ports: ReadingPorts, wishes: ThumbnailWishes): Promise<Thumbnails> {
  const made = new Map<number, string>();
  let [bytes, gone] = [0, 0];
  const ended = await readPhotos(
    ports,
    wishes.photos,
    wishes.milliseconds,
    (stored, at) => makeThumbnail(stored, at < wishes.large ? LARGE : SMALL, ports.limits),
    (thumbnail, at) => {
      if (thumbnail === undefined) gone += 1;
      else {
        const picture = Buffer.from(thumbnail).toString('base64');
        if (bytes + picture.length > wishes.bytes) return false;
        made.set(at, picture);
        bytes += picture.length;
      }
      return true;
    },
  );
  return { made, wanted: wishes.photos.length, gone, ended: ended === 'enough' ? 'bytes' : ended };
}
