/** TIFFs: sharp decodes them; what it does not know of their samples is done here. */
import type { Pixels } from '../ports.ts';
import { decodePixels, inSrgb, type Output, runSharp } from './photo-decoder.ts';
import { readTiffDirectory, withPixelTagsOnly } from './tiff-directory.ts';
import { samplesOf } from './tiff-photo.ts';
import { convertYCbCr } from './ycbcr.ts';

/**
 * Decodes the first image of a TIFF that is a photo.
 *
 * @throws Error libvips' own, as {@link decodePixels}
 */
export async function decodeTiff(bytes: Uint8Array, maxPixels: number): Promise<Pixels> {
  const directory = readTiffDirectory(bytes);
  if (!directory) return decodePixels(bytes, { maxPixels });
  const mend = () => withPixelTagsOnly(bytes, directory);
  const { isYCbCr, isCompressed, hasAlpha, depth } = samplesOf(directory);
  if (hasAlpha && !isYCbCr) return decodePixels(bytes, { maxPixels, mend }, depth);

  const stored = await runSharp(bytes, { maxPixels, mend, ignoreIcc: isYCbCr }, (photo) =>
    inSrgb(photo, depth).raw(),
  );
  const pixels = firstThree(stored);
  if (isYCbCr) convertYCbCr(pixels.data, isCompressed ? 'nearest' : 'down');
  return pixels;
}

/** Leaves out the channels after red, green and blue. */
function firstThree({ data, width, height, channels }: Output): Pixels {
  if (channels === 3) return { data, width, height };
  const rgb = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; to < rgb.length; from += channels, to += 3) {
    rgb[to] = data[from]!;
    rgb[to + 1] = data[from + 1]!;
    rgb[to + 2] = data[from + 2]!;
  }
  return { data: rgb, width, height };
}
