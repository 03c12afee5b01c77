/** Small pictures of photos, for people. */
import sharp, { type Sharp } from 'sharp';
import type { Pixels } from '../ports.ts';
import { decodePhoto } from './photo.ts';
import type { PhotoLimits } from './photo-limits.ts';

/** Quality of the WebP: at 64 pixels some 700 bytes a photo. */
const QUALITY = 62;

/**
 * A photo as a WebP that fits into a square. A JPEG is shrunk while it is decoded, which costs a few milliseconds even
 * for a large one: nothing is computed from these pixels. Other formats are decoded as they are for features.
 *
 * @param side pixels of the square
 * @throws Refusal where the photo cannot be decoded
 */
export async function makeThumbnail(
  stored: Uint8Array,
  side: number,
  limits: PhotoLimits,
): Promise<Uint8Array> {
  const isJpeg = stored[0] === 0xff && stored[1] === 0xd8;
  if (isJpeg) {
    const picture = sharp(stored, { failOn: 'none', limitInputPixels: limits.maxPixels }).autoOrient();
    try {
      return await encode(picture.toColourspace('srgb'), side);
    } catch {
      // What libvips alone does not read, the decoder for features may.
    }
  }
  const { pixels } = await decodePhoto(stored, limits);
  return await encode(toSharp(pixels), side);
}

function toSharp({ data, width, height }: Pixels) {
  return sharp(data, { raw: { width, height, channels: 3 } });
}

function encode(picture: Sharp, side: number): Promise<Uint8Array> {
  return picture
    .resize(side, side, { fit: 'inside', withoutEnlargement: true })
    .webp({ quality: QUALITY, effort: 3, smartSubsample: false })
    .toBuffer();
}
