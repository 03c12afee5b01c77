/**
 * sharp and libvips as the photo decoder needs them: their settings, and what they do not do by themselves.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp, { type Metadata, type SharpOptions } from 'sharp';
import type { Pixels } from '../ports.ts';
import type { PhotoFormat } from './photo-header.ts';

// One photo at a time on one core, and none twice: a cache or more threads would only hold memory.
sharp.cache(false);
sharp.concurrency(1);

// Bytes from strangers reach these six decoders and no other, whatever libvips would make of them. An
// Ultra HDR photo is a JPEG here: libvips' own loader for those does not report damaged data.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Tiff', 'Heif'].map((name) => `VipsForeignLoad${name}`),
});

/** How much smaller libjpeg makes a JPEG while decoding it: each side divided, rounded down. */
export type Shrink = 1 | 2 | 4 | 8;

/** Warnings that say nothing about pixels. Every other one means that some of them are not the photo's. */
const HARMLESS_WARNINGS: Partial<Record<PhotoFormat, RegExp>> = {
  jpeg: /extraneous bytes before marker|Invalid SOS parameters|Unknown Adobe color transform/,
  tiff: /tags are not sorted|treated as error due to failOn|^error in tile/,
};

/**
 * Reads a photo's header without decoding it: size as stored and upright, colour space, profile.
 *
 * @throws Error libvips' own, where the header is damaged
 */
export function readHeader(bytes: Uint8Array): Promise<Metadata> {
  return sharp(bytes, { failOn: 'error', limitInputPixels: false }).metadata();
}

/**
 * Decodes the first frame of a photo to upright 8-bit sRGB on white.
 *
 * @param header needed for what may have more than 8 bits a channel: PNG, TIFF, AVIF
 * @param shrink other than 1 for a JPEG only
 * @throws Error libvips' own, where the photo is damaged, cut short, or larger than `maxPixels`
 */
export async function decodePixels(
  bytes: Uint8Array,
  format: PhotoFormat,
  header: Metadata | undefined,
  shrink: Shrink,
  maxPixels: number,
): Promise<Pixels> {
  const run = (failOn: 'warning' | 'error'): Promise<Pixels> =>
    withInput(bytes, shrink, (input) =>
      toPixels(input, { failOn, limitInputPixels: maxPixels, autoOrient: true }, header),
    );
  return run('warning').catch((error: Error) => {
    if (isHarmless(error, format)) return run('error');
    throw error;
  });
}

async function toPixels(
  input: string | Uint8Array,
  options: SharpOptions,
  header?: Metadata,
): Promise<Pixels> {
  const photo = sharp(input, options).flatten({ background: 'white' });
  // sharp takes 16-bit photos that carry a profile to Display P3, and would call the result sRGB.
  if (header?.space === 'rgb16' && header.hasProfile) photo.withIccProfile('srgb');
  const { data, info } = await photo.raw().toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  return { data: new Uint8Array(data.buffer, data.byteOffset, data.length), width, height };
}

/**
 * Hands over bytes as they are, or as a file whose name tells libvips how far to shrink: sharp itself lets
 * libjpeg shrink only as part of a larger resize, whose second step costs time and precision.
 */
async function withInput<T>(
  bytes: Uint8Array,
  shrink: Shrink,
  use: (input: string | Uint8Array) => Promise<T>,
): Promise<T> {
  if (shrink === 1) return use(bytes);
  const folder = await mkdtemp(join(tmpdir(), 'photo-'));
  try {
    const path = join(folder, 'photo.jpg');
    await writeFile(path, bytes);
    return await use(`${path}[shrink=${shrink}]`);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function isHarmless({ message }: Error, format: PhotoFormat): boolean {
  const harmless = HARMLESS_WARNINGS[format];
  return harmless !== undefined && message.split('\n').every((line) => harmless.test(line));
}
