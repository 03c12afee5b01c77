/**
 * Photos as people take them: bytes in, upright 8-bit sRGB pixels or a refusal out.
 */
import { Refusal, type RefusalReason, VergerError } from '../errors.ts';
import type { Pixels } from '../ports.ts';
import { decodeAvif } from './decode-avif.ts';
import { decodeGif } from './decode-gif.ts';
import { decodeHeic } from './decode-heic.ts';
import { decodePng } from './decode-png.ts';
import { decodeTiff } from './decode-tiff.ts';
import { mendJpeg } from './jpeg-blemishes.ts';
import { adviceFor, nameOtherFormat } from './other-formats.ts';
import { checkStructure, withoutAvifExif } from './photo-bombs.ts';
import { decodePixels, readHeader } from './photo-decoder.ts';
import {
  declaredSize,
  foreignContent,
  isHeldWhole,
  type PhotoFormat,
  recognizeFormat,
  type Size,
} from './photo-header.ts';
import { checkBytes, checkScans, checkSize, type PhotoLimits } from './photo-limits.ts';
import { judgeMessages } from './photo-messages.ts';
import { findJpegConversion } from './profile-conversion.ts';

/** A photo that can be featurized. */
export interface DecodedPhoto {
  /** Every pixel of the photo, upright. */
  pixels: Pixels;
  format: PhotoFormat;
}

const NAMES = {
  jpeg: 'JPEG',
  png: 'PNG',
  webp: 'WebP',
  gif: 'GIF',
  tiff: 'TIFF',
  avif: 'AVIF',
  heic: 'HEIC',
} as const;

/**
 * Decodes a JPEG, PNG, WebP, GIF, TIFF, AVIF or HEIC, recognised by its content.
 *
 * EXIF orientation is applied; CMYK and embedded profiles become sRGB; grey, palette, 16-bit and alpha (on white)
 * become 8-bit RGB; of an animation the first frame is taken. Limits are checked before decoding.
 *
 * No JPEG is shrunk while decoding. Halving moved the features of 16 of 56 large pictures past a cosine of 0.9999,
 * and neither size nor shape predicts which: a change of a fraction of a level tips some resized pixels to the next
 * level (docs/benchmarks.md, large JPEGs).
 *
 * @param stored the photo as stored
 * @returns pixels uint8 [height × width × 3], and the photo's format
 * @throws Refusal `empty`, `too-many-bytes`, `too-many-pixels`, `unsupported-format` or `corrupt`
 *
 * @example
 * const limits = { maxBytes: 50_000_000, maxPixels: 65_000_000 };
 * const { pixels, format } = await decodePhoto(await readFile('samples/Kiwi/000.jpg'), limits);
 * format; // → 'jpeg'
 * [pixels.width, pixels.height, pixels.data.length]; // → [ 100, 100, 30000 ]
 */
export async function decodePhoto(stored: Uint8Array, limits: PhotoLimits): Promise<DecodedPhoto> {
  checkBytes(stored, limits.maxBytes);
  const format = checkFormat(stored);
  const bytes = format === 'avif' ? withoutAvifExif(stored) : stored;
  const maxPixels = isHeldWhole(bytes, format) ? Math.floor(limits.maxPixels / 2) : limits.maxPixels;
  try {
    const declared = declaredSize(bytes, format);
    if (declared) checkSize(declared, maxPixels);
    checkStructure(bytes, format, maxPixels);
    const size = declared ?? (await readHeader(bytes)).autoOrient;
    if (!declared) checkSize(size, maxPixels);
    if (format === 'jpeg') checkScans(bytes, size, maxPixels);
    return { pixels: await decode(bytes, format, size, maxPixels), format };
  } catch (error) {
    throw error instanceof VergerError ? error : explain(error as Error, format, maxPixels);
  }
}

async function decode(
  bytes: Uint8Array,
  format: PhotoFormat,
  size: Size,
  maxPixels: number,
): Promise<Pixels> {
  switch (format) {
    case 'jpeg': {
      const isLarge = size.width * size.height > LARGE;
      const convert = isLarge ? await findJpegConversion(bytes) : undefined;
      const ignoreIcc = convert !== undefined;
      const pixels = await decodePixels(bytes, { maxPixels, ignoreIcc, mend: () => mendJpeg(bytes) });
      convert?.(pixels.data);
      return pixels;
    }
    case 'png':
      return decodePng(bytes, maxPixels);
    case 'gif':
      return decodeGif(bytes, maxPixels);
    case 'tiff':
      return decodeTiff(bytes, maxPixels);
    case 'heic':
      return decodeHeic(bytes, maxPixels);
    case 'avif':
      return decodeAvif(bytes, maxPixels);
    default:
      return decodePixels(bytes, { maxPixels });
  }
}

/** Pixels above which libvips takes longer to convert to sRGB than finding out how to do it takes here. */
const LARGE = 2_000_000;

function checkFormat(bytes: Uint8Array): PhotoFormat {
  const format = recognizeFormat(bytes);
  const foreign = format && foreignContent(bytes, format);
  if (format && !foreign) return format;
  const known = `a ${Object.values(NAMES).slice(0, -1).join(', ')} or ${Object.values(NAMES).at(-1)}`;
  const what = foreign ?? `The photo is ${nameOtherFormat(bytes) ?? `not ${known} by its content`}`;
  throw new Refusal('unsupported-format', `${what}: ${adviceFor(what)}.`);
}

/** Turns what libvips says into a refusal; an error that is not the photo's fault is left alone. */
function explain(error: Error, format: PhotoFormat, maxPixels: number): Error {
  const { message } = error;
  if (/^vips_tracked: out of memory|Could not allocate/.test(message)) return error;
  const refuse = (reason: RefusalReason, detail: string): Refusal =>
    new Refusal(reason, detail, { cause: error });
  if (message.includes('pixel limit')) {
    return refuse('too-many-pixels', `The photo has more pixels than the limit of ${maxPixels}.`);
  }
  const { meaning, line } = judgeMessages([message]);
  if (meaning === 'unsupported') {
    return refuse('unsupported-format', `The ${NAMES[format]} is of a kind that is not decoded: ${line}.`);
  }
  return refuse(
    'corrupt',
    `The ${NAMES[format]} is damaged or cut short${line ? `: ${line.replace(/\.$/, '')}` : ''}.`,
  );
}
