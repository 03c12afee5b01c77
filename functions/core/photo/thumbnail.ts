/** Small pictures of photos, to look at and to compare. */
import sharp, { type Sharp } from 'sharp';
import type { Pixels } from '../ports.ts';
import { decodePhoto } from './photo.ts';
import { declaredSize, isHeldWhole, recognizeFormat } from './photo-header.ts';
import type { PhotoLimits } from './photo-limits.ts';
import { resizeBicubic } from './resize.ts';

/** Longest side of small pixels. */
const SMALL = 128;

/** Quality of the WebP: at 64 pixels some 700 bytes a photo. */
const QUALITY = 62;

/**
 * A photo's pixels, at most 128 a side.
 *
 * A JPEG is shrunk while it is decoded, which costs a few milliseconds even for a large one: no features are computed from
 * these pixels. Other formats are decoded as they are for features.
 *
 * @throws Refusal where the photo cannot be decoded
 */
export async function readSmall(stored: Uint8Array, limits: PhotoLimits): Promise<Pixels> {
  const isJpeg = stored[0] === 0xff && stored[1] === 0xd8;
  if (isJpeg) {
    const picture = sharp(stored, { failOn: 'none', limitInputPixels: limits.maxPixels }).autoOrient();
    try {
      return await shrink(picture.toColourspace('srgb'));
    } catch {
      // What libvips alone does not read, the decoder for features may.
    }
  }
  const { data, width, height } = (await decodePhoto(stored, limits)).pixels;
  return await shrink(sharp(data, { raw: { width, height, channels: 3 } }));
}

/**
 * What decoding a photo takes of memory, beside other photos: its pixels, each twice where the decoder holds the whole photo.
 *
 * @returns at most `limits.maxPixels` of what {@link readSmall} decodes; Infinity where the photo does not say it
 */
export function pixelsHeld(stored: Uint8Array): number {
  const format = recognizeFormat(stored);
  const size = format && declaredSize(stored, format);
  if (!size) return Number.POSITIVE_INFINITY;
  return size.width * size.height * (isHeldWhole(stored, format) ? 2 : 1);
}

async function shrink(picture: Sharp): Promise<Pixels> {
  const { data, info } = await picture
    .resize(SMALL, SMALL, { fit: 'inside', withoutEnlargement: true, fastShrinkOnLoad: false })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

/**
 * Small pixels as a WebP that fits into a square.
 *
 * @param side pixels of the square
 */
export async function encodeThumbnail(small: Pixels, side: number): Promise<Uint8Array> {
  const scale = Math.min(1, side / Math.max(small.width, small.height));
  const fitted = (length: number) => Math.max(1, Math.floor(scale * length));
  const { data, width, height } = resizeBicubic(small, fitted(small.width), fitted(small.height));
  return await sharp(data, { raw: { width, height, channels: 3 } })
    .webp({ quality: QUALITY, effort: 3, smartSubsample: false })
    .toBuffer();
}
