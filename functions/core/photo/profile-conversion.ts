/**
 * Converts a large photo's pixels from its colour profile to sRGB without libvips, which takes longer for that than for
 * decoding: not at all where the profile is sRGB, under whatever name, and by tables where it is a matrix.
 *
 * libvips itself confirms that: it decodes a chart of 5,168 colours with the profile and without.
 */
import { createHash } from 'node:crypto';
import sharp from 'sharp';
import type { Pixels } from '../ports.ts';
import { readMatrixProfile } from './matrix-profile.ts';
import { createMatrixShaper } from './matrix-shaper.ts';
import { readHeader } from './photo-decoder.ts';
import { encodeRgbTiff } from './rgb-tiff.ts';

/** Converts pixels, uint8 [n × 3], in place. */
export type Conversion = (pixels: Uint8Array) => void;

/**
 * The conversion of a JPEG's pixels to sRGB, for a JPEG that is decoded without its profile.
 *
 * @returns undefined where libvips has to convert, or nothing is to be converted: no profile, grey, CMYK
 */
export async function findJpegConversion(jpeg: Uint8Array): Promise<Conversion | undefined> {
  const header = await readHeader(jpeg);
  return header.icc && header.space === 'srgb' && header.channels === 3
    ? findConversion(header.icc)
    : undefined;
}

/**
 * The conversion from a profile's colours to sRGB, byte for byte as libvips converts 8-bit RGB.
 *
 * @param icc the profile
 * @returns undefined where libvips has to convert: lookup tables, and damaged profiles
 */
export function findConversion(icc: Buffer): Promise<Conversion | undefined> {
  const digest = createHash('sha256').update(icc).digest('hex');
  if (latest?.digest !== digest) latest = { digest, conversion: compareWithLibvips(icc) };
  return latest.conversion;
}

/** Converts pixels from a profile's colours to sRGB, in place; by libvips, where it has to, a band at a time. */
export async function convertToSrgb({ data, width, height }: Pixels, icc: Buffer): Promise<void> {
  const convert = await findConversion(icc);
  if (convert) return convert(data);
  const rows = Math.ceil(BAND_PIXELS / width);
  for (let y = 0; y < height; y += rows) {
    const count = Math.min(rows, height - y);
    const band = data.subarray(3 * width * y, 3 * width * (y + count));
    band.set(
      await sharp(encodeRgbTiff(band, width, count, icc))
        .raw()
        .toBuffer(),
    );
  }
}

/** A few megabytes at a time, as both the band and its copies are held. */
const BAND_PIXELS = 1_000_000;

/** Photos come in runs from one camera. */
let latest: { digest: string; conversion: Promise<Conversion | undefined> } | undefined;
let chart: Promise<Buffer> | undefined;

/** @returns undefined also where the chart cannot be decoded: decoding the photo then says what is wrong */
async function compareWithLibvips(icc: Buffer): Promise<Conversion | undefined> {
  try {
    chart ??= drawChart();
    const jpeg = await chart;
    const stored = await sharp(jpeg).raw().toBuffer();
    const wanted = await sharp(withProfile(jpeg, icc), { failOn: 'warning' }).raw().toBuffer();
    if (wanted.equals(stored)) return () => {};
    const profile = readMatrixProfile(icc);
    if (!profile) return undefined;
    const convert = createMatrixShaper(profile);
    convert(stored);
    return wanted.equals(stored) ? convert : undefined;
  } catch {
    return undefined;
  }
}

/** 17 levels of red, green and blue in every combination, and greys: a JPEG without a profile. */
function drawChart(): Promise<Buffer> {
  const levels = Array.from({ length: 17 }, (_, i) => Math.min(255, 16 * i));
  const colours = levels.flatMap((r) => levels.flatMap((g) => levels.map((b) => [r, g, b])));
  const greys = Array.from({ length: 255 }, (_, i) => [i, i, i]);
  const samples = Uint8Array.from([...colours, ...greys].flat());
  return sharp(samples, { raw: { width: 76, height: 68, channels: 3 } })
    .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
    .toBuffer();
}

/** The JPEG with a profile in as many segments as it needs (ICC.1:2022, annex B.4). */
function withProfile(jpeg: Buffer, icc: Buffer): Buffer {
  const count = Math.ceil(icc.length / MOST_BYTES);
  const segments = Array.from({ length: count }, (_, i) => {
    const part = icc.subarray(i * MOST_BYTES, (i + 1) * MOST_BYTES);
    const head = Buffer.from([0xff, 0xe2, 0, 0, ...Buffer.from('ICC_PROFILE\0'), i + 1, count]);
    head.writeUInt16BE(head.length - 2 + part.length, 2);
    return Buffer.concat([head, part]);
  });
  return Buffer.concat([jpeg.subarray(0, 2), ...segments, jpeg.subarray(2)]);
}

/** Of a profile, in a segment of 65,535 bytes. */
const MOST_BYTES = 65_519;
