/** HEIC, as iPhones write it: decoded by libheif, and converted from its profile to sRGB. */
import type { Pixels } from '../ports.ts';
import { flattenOnWhite } from './flatten.ts';
import { decodeHeif } from './libheif.ts';
import { convertToSrgb } from './profile-conversion.ts';

/**
 * Decodes the primary picture of a HEIC to upright 8-bit sRGB on white.
 *
 * The file's own rotation and mirroring are applied. Its EXIF orientation is not: it repeats them.
 *
 * @throws HeifError where the file is damaged
 */
export async function decodeHeic(bytes: Uint8Array, maxPixels: number): Promise<Pixels> {
  const { data, width, height, channels, isPremultiplied, icc } = decodeHeif(bytes, maxPixels);
  const rgb = channels === 4 ? flattenOnWhite(data, isPremultiplied) : data;
  if (icc) await convertToSrgb({ data: rgb, width, height }, icc);
  return { data: rgb, width, height };
}
