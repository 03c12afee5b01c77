/**
 * Tells colour profiles that are sRGB, under whatever name, from others: converting the pixels of a large photo to
 * what they are already would take as long as decoding them.
 */
import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { profileSegments } from './photo-header.ts';

/**
 * Whether a JPEG's RGB profile changes no colour on the way to sRGB. libvips itself is asked: it decodes a chart of
 * 5,168 colours with that profile and without.
 *
 * @returns false also where there is no profile, or one of another colour space
 */
export async function hasSrgbProfile(jpeg: Uint8Array): Promise<boolean> {
  const segments = profileSegments(jpeg);
  if (segments.toString('latin1', COLOUR_SPACE, COLOUR_SPACE + 4) !== 'RGB ') return false;
  const digest = createHash('sha256').update(segments).digest('hex');
  if (latest?.digest !== digest) latest = { digest, isSrgb: changesNothing(segments) };
  return latest.isSrgb;
}

/** Where a profile's first segment says which space its colours are in: marker, length, name, numbers, 16 bytes. */
const COLOUR_SPACE = 2 + 2 + 12 + 2 + 16;

/** Photos come in runs from one camera. */
let latest: { digest: string; isSrgb: Promise<boolean> } | undefined;
let chart: Promise<Buffer> | undefined;

/** False where the chart cannot be decoded: the photo is then converted, and says itself what is wrong with it. */
async function changesNothing(segments: Uint8Array): Promise<boolean> {
  try {
    chart ??= drawChart();
    const jpeg = await chart;
    const withProfile = Buffer.concat([jpeg.subarray(0, 2), segments, jpeg.subarray(2)]);
    const converted = await sharp(withProfile, { failOn: 'warning' }).raw().toBuffer();
    return converted.equals(await sharp(jpeg).raw().toBuffer());
  } catch {
    return false;
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
