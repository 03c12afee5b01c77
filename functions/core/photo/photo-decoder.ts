/**
 * sharp and libvips for the photo decoders: settings, and a decode that tells damage from blemishes.
 */
import sharp, { type Metadata, type Sharp, type SharpOptions } from 'sharp';
import type { Pixels } from '../ports.ts';
import { flattenOnWhite } from './flatten.ts';
import { judgeMessages } from './photo-messages.ts';

// One photo at a time on one core, none twice: a cache or more threads would only hold memory.
sharp.cache(false);
sharp.concurrency(1);

// Bytes from strangers reach these six decoders only. An Ultra HDR photo is a JPEG here: libvips' own loader for
// those does not report damaged data.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Tiff', 'Heif'].map((name) => `VipsForeignLoad${name}`),
});

/** How a photo is to be decoded. */
export interface Decoding {
  maxPixels: number;
  /** Leaves colours as they are stored. */
  ignoreIcc?: boolean;
  /** Turns the photo upright; by default as libvips reads its EXIF. */
  turn?: (photo: Sharp) => Sharp;
  /** The photo without what decoders complain of although pixels do not depend on it. */
  mend?: () => Uint8Array | undefined;
}

/** What sharp hands over: samples uint8 [height × width × channels], or an encoded file. */
export interface Output {
  data: Uint8Array;
  width: number;
  height: number;
  channels: number;
}

/**
 * Reads a photo's header without decoding it: size as stored and upright, colour space, profile.
 *
 * @throws Error libvips' own, where the header is damaged
 */
export function readHeader(bytes: Uint8Array): Promise<Metadata> {
  return sharp(bytes, { failOn: 'error', limitInputPixels: false }).metadata();
}

/** What decides at which depth samples with a profile are converted to sRGB. */
export type Depth = Pick<Metadata, 'space' | 'hasProfile'>;

/**
 * Decodes the first frame of a photo to upright 8-bit sRGB on white.
 *
 * @param depth needed for what may have more than 8 bits a channel: PNG, TIFF, AVIF
 * @throws Error as {@link runSharp}
 */
export async function decodePixels(bytes: Uint8Array, decoding: Decoding, depth?: Depth): Promise<Pixels> {
  if (depth?.hasProfile && depth.space === 'grey16') {
    // sharp applies no profile to 16-bit grey: it is reduced to 8 bits with its profile, and that is decoded.
    const grey = (photo: Sharp) => photo.keepIccProfile().toColourspace('b-w').tiff({ compression: 'none' });
    const { data } = await runSharp(bytes, decoding, grey);
    return decodePixels(data, { maxPixels: decoding.maxPixels });
  }
  const output = (photo: Sharp) => inSrgb(photo, depth).raw();
  const { data, width, height, channels } = await runSharp(bytes, decoding, output);
  return { data: channels === 4 ? flattenOnWhite(data) : data, width, height };
}

/** sharp takes 16-bit photos that carry a profile to Display P3, and would call the result sRGB. */
export function inSrgb(photo: Sharp, depth?: Depth): Sharp {
  return depth?.hasProfile && depth.space === 'rgb16' ? photo.withIccProfile('srgb') : photo;
}

/**
 * Runs a photo through sharp.
 *
 * Strictly at first: any warning ends it. Where every warning was harmless, the photo is mended and decoded again,
 * and each message of that is judged, so that a harmless one cannot hide another.
 *
 * @param output what to make of the decoded photo
 * @throws Error libvips' own, where the photo is damaged, cut short, or larger than `maxPixels`
 */
export async function runSharp(
  bytes: Uint8Array,
  decoding: Decoding,
  output: (photo: Sharp) => Sharp,
): Promise<Output> {
  try {
    return (await attempt(bytes, 'warning', decoding, output)).made;
  } catch (error) {
    if (!(error instanceof Error) || judgeMessages([error.message]).meaning !== 'harmless') throw error;
    const mended = decoding.mend?.();
    if (!mended) throw error;
    const { made, warnings } = await attempt(mended, 'error', decoding, output);
    if (isSound(warnings)) return made;
    throw new Error(warnings.join('\n'), { cause: error });
  }
}

async function attempt(
  bytes: Uint8Array,
  failOn: 'warning' | 'error',
  { maxPixels, ignoreIcc = false, turn = (photo) => photo.autoOrient() }: Decoding,
  output: (photo: Sharp) => Sharp,
): Promise<{ made: Output; warnings: string[] }> {
  const options: SharpOptions = { failOn, limitInputPixels: maxPixels, ignoreIcc };
  const warnings: string[] = [];
  const photo = sharp(bytes, options).on('warning', (warning: string) => warnings.push(warning));
  const { data, info } = await output(turn(photo)).toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const all = new Uint8Array(data.buffer, data.byteOffset, data.length);
  return { made: { data: all, width, height, channels }, warnings };
}

/** libjpeg gives the number of its warnings, and the text of the first. */
function isSound(warnings: readonly string[]): boolean {
  const counts = warnings.map((warning) => Number(/^read gave (\d+) warnings$/.exec(warning)?.[1] ?? 0));
  return Math.max(0, ...counts) <= 1 && judgeMessages(warnings).meaning === 'harmless';
}
