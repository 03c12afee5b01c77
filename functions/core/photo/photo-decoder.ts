/**
 * sharp and libvips as the photo decoder needs them: their settings, and what they do not do by themselves.
 */
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
 * @param ignoreIcc leaves colours as they are stored: where the embedded profile is sRGB
 * @throws Error libvips' own, where the photo is damaged, cut short, or larger than `maxPixels`
 */
export async function decodePixels(
  bytes: Uint8Array,
  format: PhotoFormat,
  header: Metadata | undefined,
  maxPixels: number,
  ignoreIcc: boolean,
): Promise<Pixels> {
  const run = (failOn: 'warning' | 'error'): Promise<Pixels> =>
    toPixels(bytes, { failOn, limitInputPixels: maxPixels, autoOrient: true, ignoreIcc }, header);
  return run('warning').catch((error: Error) => {
    if (isHarmless(error, format)) return run('error');
    throw error;
  });
}

async function toPixels(bytes: Uint8Array, options: SharpOptions, header?: Metadata): Promise<Pixels> {
  const photo = sharp(bytes, options).flatten({ background: 'white' });
  // sharp takes 16-bit photos that carry a profile to Display P3, and would call the result sRGB.
  if (header?.space === 'rgb16' && header.hasProfile) photo.withIccProfile('srgb');
  const { data, info } = await photo.raw().toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  return { data: new Uint8Array(data.buffer, data.byteOffset, data.length), width, height };
}

function isHarmless({ message }: Error, format: PhotoFormat): boolean {
  const harmless = HARMLESS_WARNINGS[format];
  return harmless !== undefined && message.split('\n').every((line) => harmless.test(line));
}
