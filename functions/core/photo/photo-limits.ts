/**
 * What a photo may cost, judged by its first bytes and markers: a file of a few kilobytes can ask for minutes and
 * gigabytes. The figures are those of `npm run bench -- photo-memory`, which looks for the worst photo that these
 * limits let in.
 */
import { Refusal } from '../errors.ts';
import { jpegSegments, type Size } from './photo-header.ts';

/** What a deployment allows. */
export interface PhotoLimits {
  /** Bytes of the photo as stored. */
  maxBytes: number;
  /** Width × height of the photo as stored; half as many where the decoder must hold it whole (AVIF, HEIC). */
  maxPixels: number;
}

/** Pixels of the longer side: longer ones are 2 pixels high, or a number that went wrong. */
export const MAX_SIDE = 32_767;

/** Scans of a JPEG: cameras write 1, `cjpeg -progressive` 10; libjpeg's authors advise stopping at 500. */
export const MAX_SCANS = 500;

/**
 * How many scans a JPEG with all the pixels allowed may have; a smaller one may have more. This many scans that each
 * refine a component take 8 s, and twice that where the photo has a blemish and is decoded again.
 */
const SCANS_OF_LARGEST = 64;
/** The same in arithmetic coding, also in a TIFF: there a scan that refines 46 MB takes 1 s and no bytes at all. */
const ARITHMETIC_SCANS_OF_LARGEST = 4;
const ARITHMETIC_FRAMES: ReadonlySet<number> = new Set([0xc9, 0xca]);

/** @throws Refusal `empty` or `too-many-bytes` */
export function checkBytes(bytes: Uint8Array, maxBytes: number): void {
  if (bytes.length === 0) throw new Refusal('empty', 'The photo is empty: it has 0 bytes.');
  if (bytes.length <= maxBytes) return;
  throw new Refusal('too-many-bytes', `The photo has ${bytes.length} bytes; the limit is ${maxBytes}.`);
}

/** @throws Refusal `too-many-pixels` where the area or a side is over its limit */
export function checkSize({ width, height }: Size, maxPixels: number): void {
  const refuse = (detail: string): never => {
    throw new Refusal('too-many-pixels', `The photo has ${width} × ${height} ${detail}.`);
  };
  if (width * height > maxPixels) refuse(`= ${width * height} pixels; the limit is ${maxPixels}`);
  if (Math.max(width, height) > MAX_SIDE) refuse(`pixels; the limit is ${MAX_SIDE} on a side`);
}

/**
 * Counts a JPEG's scans before libjpeg decodes any: each goes over the whole picture.
 *
 * @throws Refusal `corrupt` over {@link MAX_SCANS}; `too-many-pixels` where fewer are too many for its size
 */
export function checkScans(jpeg: Uint8Array, { width, height }: Size, maxPixels: number): void {
  const pixels = width * height;
  const ofLargest = isArithmetic(jpeg) ? ARITHMETIC_SCANS_OF_LARGEST : SCANS_OF_LARGEST;
  const allowed = Math.min(MAX_SCANS, Math.floor((ofLargest * maxPixels) / pixels));
  // Every scan has these two bytes, and most photos have them nowhere else: counting them is faster.
  if (countStarts(jpeg, allowed) <= allowed) return;
  const scans = countScans(jpeg);
  if (scans > MAX_SCANS) {
    throw new Refusal('corrupt', `The JPEG has ${scans} scans; the limit is ${MAX_SCANS}.`);
  }
  if (scans <= allowed) return;
  const most = Math.floor((ofLargest * maxPixels) / scans);
  throw new Refusal(
    'too-many-pixels',
    `The photo has ${width} × ${height} = ${pixels} pixels in ${scans} scans; the limit for so many scans is ${most}.`,
  );
}

/**
 * Bounds the scans of the JPEGs within a file, each of `pixels`, without finding out which scan is whose.
 *
 * @throws Refusal `too-many-pixels`
 */
export function checkCodedScans(file: Uint8Array, pixels: number, maxPixels: number): void {
  const allowed = Math.floor((ARITHMETIC_SCANS_OF_LARGEST * maxPixels) / pixels);
  const scans = countStarts(file, allowed);
  if (scans <= allowed) return;
  const detail = `The photo has more than ${allowed} JPEG scans of ${pixels} pixels; that is the limit.`;
  throw new Refusal('too-many-pixels', detail);
}

function isArithmetic(jpeg: Uint8Array): boolean {
  for (const { marker } of jpegSegments(new DataView(jpeg.buffer, jpeg.byteOffset, jpeg.byteLength))) {
    if (marker === START_OF_SCAN) return false;
    if (ARITHMETIC_FRAMES.has(marker)) return true;
  }
  return false;
}

const START_OF_SCAN = 0xda;
const END_OF_IMAGE = 0xd9;

/** How often 0xff 0xda stands in the file, anywhere; counted to one more than `most`. */
function countStarts(jpeg: Uint8Array, most: number): number {
  const file = Buffer.from(jpeg.buffer, jpeg.byteOffset, jpeg.byteLength);
  const start = Buffer.of(0xff, START_OF_SCAN);
  let count = 0;
  for (let at = file.indexOf(start); at >= 0 && count <= most; at = file.indexOf(start, at + 2)) count++;
  return count;
}

/**
 * Counts the scans as libjpeg finds them (ITU-T T.81 B.1.1): markers with a length are stepped over, and so are the
 * coded bytes, in which 0xff is followed by 0 or a restart marker; bytes that are neither are skipped.
 *
 * @returns at most the scans up to the end marker or the end of the file
 */
function countScans(jpeg: Uint8Array): number {
  let count = 0;
  for (let at = jpeg.indexOf(0xff, 2); at >= 0; at = jpeg.indexOf(0xff, at)) {
    while (jpeg[at + 1] === 0xff) at++; // fill bytes
    const marker = jpeg[at + 1];
    if (marker === undefined || marker === END_OF_IMAGE) break;
    if (marker === START_OF_SCAN) count++;
    if (marker < 0xc0 || (marker >= 0xd0 && marker <= 0xd7)) at += 2;
    else at += 2 + 256 * (jpeg[at + 2] ?? 0) + (jpeg[at + 3] ?? 0);
  }
  return count;
}
