/** AVIF: libvips decodes the samples, and they become colours here as in Pillow and Chromium. */
import sharp, { type Sharp } from 'sharp';
import type { Pixels } from '../ports.ts';
import { type Av1Colour, readAv1Colour } from './av1-sequence.ts';
import { flattenOnWhite } from './flatten.ts';
import { type HeifPicture, readHeifPicture, type Turn, withProperty } from './heif-picture.ts';
import { convertAsLibyuv, type YCbCrKind } from './libyuv.ts';
import { decodePixels, readHeader, runSharp } from './photo-decoder.ts';
import { convertToSrgb } from './profile-conversion.ts';

/**
 * Decodes the primary picture of an AVIF, of an animated one the first frame, to upright 8-bit sRGB on white.
 *
 * libheif, below libvips, takes for each pixel the nearest chroma sample, leaves monochrome of limited range as it
 * is, and truncates 10 bits where Pillow's libyuv does not: features at cosine 0.9995 down to 0.989. So it is told
 * that the samples are red, green and blue already, and not turned, and hands them over as they are: it turns halved
 * chroma by itself, which moves it where a side is odd.
 *
 * @throws Error libvips' own, as {@link decodePixels}
 */
export async function decodeAvif(bytes: Uint8Array, maxPixels: number): Promise<Pixels> {
  const picture = readHeifPicture(bytes);
  const still = asStill(bytes);
  const av1c = picture?.av1cAt === undefined ? 0 : (bytes[picture.av1cAt + 2] ?? 0);
  const colour = picture && statedColour(bytes, picture);
  const matrix = colour && MATRICES[colour.matrix];
  const asStored = picture && matrix && withoutConversion(still, picture);
  if (!asStored) return decodePixels(still, { maxPixels }, await readHeader(still));

  // Of 10 and 12 bits the highest 8 count: libavif drops the others before it converts, and so does libvips here.
  const raw = (photo: Sharp) => photo.raw();
  const { data, width, height, channels } = await runSharp(asStored, { maxPixels, ignoreIcc: true }, raw);
  const kind: YCbCrKind = {
    matrix,
    isFullRange: colour.isFullRange,
    isHalvedAcross: (av1c & SUBSAMPLED_ACROSS) !== 0,
    isHalvedDown: (av1c & SUBSAMPLED_DOWN) !== 0,
  };
  if ((av1c & MONOCHROME) === 0) convertAsLibyuv(data, width, height, channels, kind);
  else if (!colour.isFullRange) expandLuma(data, channels);
  const rgb = channels === 4 ? flattenOnWhite(data, picture.isPremultiplied) : data;
  if (picture.icc) await convertToSrgb({ data: rgb, width, height }, picture.icc);
  return turned({ data: rgb, width, height }, picture.turns);
}

/** Flags in the third byte of av1C (AV1 codec ISO media file format binding, 2.3.3). */
const MONOCHROME = 0x10;
const SUBSAMPLED_ACROSS = 0x08;
const SUBSAMPLED_DOWN = 0x04;

/** Matrices (ITU-T H.273) that libyuv has; if none is stated, BT.601. */
const MATRICES: Record<number, YCbCrKind['matrix']> = {
  1: 'bt709',
  2: 'bt601',
  5: 'bt601',
  6: 'bt601',
  9: 'bt2020',
};

/** What the file says of its colours, or else the AV1 data do. */
function statedColour(bytes: Uint8Array, { nclxAt, dataAt }: HeifPicture): Av1Colour | undefined {
  if (nclxAt === undefined) {
    return dataAt === undefined ? undefined : readAv1Colour(bytes.subarray(dataAt, dataAt + 1024));
  }
  const matrix = (bytes[nclxAt + 4] ?? 0) * 256 + (bytes[nclxAt + 5] ?? 0);
  return { matrix, isFullRange: ((bytes[nclxAt + 6] ?? 0) & 0x80) !== 0 };
}

/** libvips does not recognise an AVIF whose first brand is that of a sequence. */
function asStill(bytes: Uint8Array): Uint8Array {
  if (Buffer.from(bytes.subarray(8, 12)).toString('latin1') === 'avif') return bytes;
  const copy = Buffer.from(bytes);
  copy.write('avif', 8, 'latin1');
  return copy;
}

/**
 * A copy that calls its samples RGB of full range, MatrixCoefficients 0, where Cr is red, luma green and Cb blue; and turns
 * by no quarter.
 */
function withoutConversion(bytes: Uint8Array, { nclxAt, turnsAt }: HeifPicture): Uint8Array | undefined {
  const nclx = Buffer.from('\0\0\0\x13colrnclx\0\x02\0\x02\0\0\x80', 'latin1');
  const copy = nclxAt === undefined ? withProperty(bytes, nclx) : Buffer.from(bytes);
  if (nclxAt !== undefined) copy?.set([0, 0, 0x80], nclxAt + 4);
  for (const at of turnsAt) copy?.write('irot\0', at - 4, 'latin1');
  return copy;
}

/**
 * Turns a picture as a file asks, however often, at once: mirrored left to right or not, and then by quarters.
 *
 * @param turns one after the other
 */
export async function turned(pixels: Pixels, turns: readonly Turn[]): Promise<Pixels> {
  let [quarters, isMirrored] = [0, false];
  for (const { type, value } of turns) {
    if (type === 'irot') quarters += value;
    else [quarters, isMirrored] = [(value === 0 ? 2 : 0) - quarters, !isMirrored];
  }
  if (quarters % 4 === 0 && !isMirrored) return pixels;
  const { data, width, height } = pixels;
  const photo = sharp(data, { raw: { width, height, channels: 3 } }).flop(isMirrored);
  const made = await photo
    .rotate(-90 * quarters)
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data: made.data, width: made.info.width, height: made.info.height };
}

/** Stretches grey of limited range, 16 to 235, to full range. */
function expandLuma(data: Uint8Array, channels: number): void {
  const levels = Uint8ClampedArray.from({ length: 256 }, (_, level) => ((level - 16) * 255) / 219);
  for (let i = 0; i < data.length; i += channels) data.fill(levels[data[i]!]!, i, i + 3);
}
