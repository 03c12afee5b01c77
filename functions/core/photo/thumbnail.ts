/** Small pictures of photos, to look at and to compare. */
import sharp, { type Sharp } from 'sharp';
import type { Pixels } from '../ports.ts';
import { decodePhoto } from './photo.ts';
import type { PhotoLimits } from './photo-limits.ts';

/** Quality of the WebP: at 64 pixels some 700 bytes a photo. */
const QUALITY = 62;

/** Longest side of pixels to compare. */
const COMPARED = 128;

/**
 * A photo as a WebP that fits into a square.
 *
 * @param side pixels of the square
 * @throws Refusal where the photo cannot be decoded
 */
export function makeThumbnail(stored: Uint8Array, side: number, limits: PhotoLimits): Promise<Uint8Array> {
  return shrink(stored, limits, (picture) =>
    picture
      .resize(side, side, { fit: 'inside', withoutEnlargement: true })
      .webp({ quality: QUALITY, effort: 3, smartSubsample: false })
      .toBuffer(),
  );
}

/**
 * A photo's pixels, at most 128 a side.
 *
 * @throws Refusal where the photo cannot be decoded
 */
export function readSmall(stored: Uint8Array, limits: PhotoLimits): Promise<Pixels> {
  return shrink(stored, limits, async (picture) => {
    const { data, info } = await picture
      .resize(COMPARED, COMPARED, { fit: 'inside', withoutEnlargement: true, fastShrinkOnLoad: false })
      .raw()
      .toBuffer({ resolveWithObject: true });
    return { data, width: info.width, height: info.height };
  });
}

/**
 * Lets a picture be made of a photo. A JPEG is shrunk while it is decoded, which costs a few milliseconds even for a large
 * one: no features are computed from these pixels. Other formats are decoded as they are for features.
 */
async function shrink<T>(
  stored: Uint8Array,
  limits: PhotoLimits,
  make: (picture: Sharp) => Promise<T>,
): Promise<T> {
  const isJpeg = stored[0] === 0xff && stored[1] === 0xd8;
  if (isJpeg) {
    const picture = sharp(stored, { failOn: 'none', limitInputPixels: limits.maxPixels }).autoOrient();
    try {
      return await make(picture.toColourspace('srgb'));
    } catch {
      // What libvips alone does not read, the decoder for features may.
    }
  }
  const { data, width, height } = (await decodePhoto(stored, limits)).pixels;
  return await make(sharp(data, { raw: { width, height, channels: 3 } }));
}
