/** PNGs, turned as Pillow turns them. */
import type { Sharp } from 'sharp';
import type { Pixels } from '../ports.ts';
import { decodePixels, readHeader } from './photo-decoder.ts';
import { isDeepPng } from './photo-header.ts';
import { pngOrientation } from './png-orientation.ts';

/** @throws Error libvips' own, as {@link decodePixels} */
export async function decodePng(bytes: Uint8Array, maxPixels: number): Promise<Pixels> {
  // For libvips a header costs a third of a small photo: read only where it may say rgb16 or grey16.
  const header = isDeepPng(bytes, 'png') ? await readHeader(bytes) : undefined;
  const orientation = pngOrientation(bytes);
  return decodePixels(bytes, { maxPixels, turn: (photo) => turnUpright(photo, orientation) }, header);
}

/** Undoes an EXIF orientation (EXIF 2.32, Orientation); sharp mirrors before it rotates. */
function turnUpright(photo: Sharp, orientation: number): Sharp {
  switch (orientation) {
    case 2:
      return photo.flop();
    case 3:
      return photo.rotate(180);
    case 4:
      return photo.flip();
    case 5:
      return photo.flip().rotate(90);
    case 6:
      return photo.rotate(90);
    case 7:
      return photo.flop().rotate(90);
    case 8:
      return photo.rotate(270);
    default:
      return photo;
  }
}
