/**
 * Small files that would cost minutes although their size is within the limits: the same work many times over. The
 * structure of the file gives each away, before libvips sees it.
 */
import { Refusal } from '../errors.ts';
import { countCodedPixels } from './heif-cost.ts';
import { jpegSegments, type PhotoFormat } from './photo-header.ts';
import { checkCodedScans } from './photo-limits.ts';
import { readTiffDirectory, TAG } from './tiff-directory.ts';

/**
 * Checks what a photo's size does not show.
 *
 * @throws Refusal `corrupt` for circular EXIF data and for too many parts, `too-many-pixels` for too many tiles,
 *   frames or scans
 */
export function checkStructure(bytes: Uint8Array, format: PhotoFormat, maxPixels: number): void {
  if (format === 'tiff') checkTiffScans(bytes, maxPixels);
  if (format === 'avif' || format === 'heic') {
    checkTiles(bytes, Math.floor(MOST_CODED[format] * maxPixels));
  }
  if (format === 'jpeg') checkSegments(bytes);
  if (format === 'webp') checkChunks(bytes);
  if (format === 'jpeg' || format === 'png' || format === 'webp') checkExif(bytes);
}

/**
 * An AVIF whose EXIF libvips does not find: it turns no pixel (the file's own boxes do), and may be in pieces that are hard
 * to check.
 *
 * @returns a copy
 */
export function withoutAvifExif(avif: Uint8Array): Buffer {
  const copy = Buffer.from(avif);
  for (let at = copy.indexOf('infe'); at >= 0; at = copy.indexOf('infe', at + 4)) {
    const item = copy.toString('latin1', at, at + END_OF_TYPE);
    copy.write(item.replaceAll(/exif/gi, 'none'), at, 'latin1'); // libvips takes the type in any case
  }
  return copy;
}

/** Where an item's type ends at the latest, counted from its box's (ItemInfoEntry): after a size of 8 bytes and an id of 4. */
const END_OF_TYPE = 26;

/**
 * libexif enters a directory as often as an entry points to it: 50 entries that point back and forth, 600 bytes, take
 * 10 seconds. Cameras write four such entries.
 */
const MOST_POINTERS = 16;
const POINTERS: ReadonlySet<number> = new Set([0x8769, 0x8825, 0xa005]); // to EXIF, GPS, interoperability (Exif 3.0, 4.6.3)
/** Entries looked at in all. */
const MOST_ENTRIES = 1_000_000;
const ENTRIES_OF_HEADER = 1000;

function checkExif(bytes: Uint8Array): void {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const budget = { entries: MOST_ENTRIES };
  // Wherever libexif may find its data, they begin like this.
  for (const header of ['II*\0', 'MM\0*']) {
    for (let at = file.indexOf(header); at >= 0; at = file.indexOf(header, at + 4)) {
      budget.entries -= ENTRIES_OF_HEADER;
      if (countPointers(file.subarray(at), budget) <= MOST_POINTERS && budget.entries > 0) continue;
      throw new Refusal('corrupt', `The photo's EXIF data have more than ${MOST_POINTERS} directories.`);
    }
  }
}

/** Entries that point to a directory, in all reachable directories; counted to one more than allowed. */
function countPointers(exif: Buffer, budget: { entries: number }): number {
  const little = exif[0] === 0x49;
  const short = (at: number) => (little ? exif.readUInt16LE(at) : exif.readUInt16BE(at));
  const long = (at: number) => (little ? exif.readUInt32LE(at) : exif.readUInt32BE(at));
  if (exif.length < 8) return 0;
  const seen = new Set<number>();
  const waiting = [long(4)];
  let pointers = 0;
  for (const at of waiting) {
    if (seen.has(at) || at + 2 > exif.length) continue;
    seen.add(at);
    const end = at + 2 + 12 * short(at);
    for (let entry = at + 2; entry < end && entry + 12 <= exif.length; entry += 12) {
      budget.entries--;
      if (!POINTERS.has(short(entry))) continue;
      waiting.push(long(entry + 8));
      if (++pointers > MOST_POINTERS) return pointers;
    }
    const hasNext = seen.size === 1 && end + 4 <= exif.length && long(end) > 0;
    if (hasNext) waiting.push(long(end)); // the thumbnail's
  }
  return pointers;
}

/** 50 MB of segments of the greatest length are 763; libjpeg and libvips keep 60 bytes and more for each. */
const MOST_SEGMENTS = 2000;

function checkSegments(jpeg: Uint8Array): void {
  let segments = 0;
  for (const { marker } of jpegSegments(new DataView(jpeg.buffer, jpeg.byteOffset, jpeg.byteLength))) {
    if (marker === START_OF_SCAN) return;
    if (++segments <= MOST_SEGMENTS) continue;
    const detail = `The JPEG has more than ${MOST_SEGMENTS} segments before its first scan.`;
    throw new Refusal('corrupt', detail);
  }
}

const START_OF_SCAN = 0xda;

/** libwebp finds the n-th frame by passing all before it. */
const MOST_FRAMES = 10_000;
/** Chunks of other kinds; it keeps 80 bytes for each. */
const MOST_CHUNKS = 1000;

function checkChunks(webp: Uint8Array): void {
  const file = Buffer.from(webp.buffer, webp.byteOffset, webp.byteLength);
  let frames = 0;
  let others = 0;
  for (let at = 12; at + 8 <= file.length; ) {
    if (file.toString('latin1', at, at + 4) === 'ANMF') frames++;
    else others++;
    const size = file.readUInt32LE(at + 4);
    at += 8 + size + (size % 2);
  }
  if (frames > MOST_FRAMES) {
    throw new Refusal('too-many-pixels', `The photo has ${frames} frames; the limit is ${MOST_FRAMES}.`);
  }
  if (others <= MOST_CHUNKS) return;
  throw new Refusal('corrupt', `The WebP has ${others} chunks; the limit is ${MOST_CHUNKS}.`);
}

/**
 * Pixels that may be decoded for one that is shown at most. Alpha as large as the picture doubles them; as 12-bit
 * 4:4:4 HEVC in WebAssembly, that many would take over 20 s. Telephones' gain maps and depths add a quarter.
 */
const MOST_CODED = { avif: 2, heic: 1.25 };

/** Tiles may be far larger than what is shown of them, and one may be shown 256 times. */
function checkTiles(heif: Uint8Array, most: number): void {
  const pixels = countCodedPixels(heif);
  if (pixels <= most) return;
  const detail = `The photo is put together of ${pixels} pixels; the limit is ${most}.`;
  throw new Refusal('too-many-pixels', detail);
}

const JPEG_COMPRESSION = 7;

/** A TIFF's strips and tiles may be JPEGs (TIFF technical note 2). */
function checkTiffScans(tiff: Uint8Array, maxPixels: number): void {
  const values = readTiffDirectory(tiff)?.values;
  const value = (tag: number) => values?.get(tag)?.[0] ?? Number.POSITIVE_INFINITY;
  if (value(TAG.Compression) !== JPEG_COMPRESSION) return;
  const rows = Math.min(value(TAG.RowsPerStrip), value(TAG.ImageLength));
  const isTiled = values?.has(TAG.TileWidth);
  const pixels = isTiled ? value(TAG.TileWidth) * value(TAG.TileLength) : value(TAG.ImageWidth) * rows;
  if (Number.isFinite(pixels)) checkCodedScans(tiff, pixels, maxPixels);
}
