/**
 * What the first bytes of a photo say, read without a decoder: its format, and the size it claims.
 */
import { readHeifPicture } from './heif-picture.ts';
import { readTiffDirectory, TAG } from './tiff-directory.ts';
import { foreignSamples } from './tiff-photo.ts';

/** The formats that are decoded, named as in `image/<format>`. */
export type PhotoFormat = 'jpeg' | 'png' | 'webp' | 'gif' | 'tiff' | 'avif' | 'heic';

/** Width and height in pixels. */
export interface Size {
  width: number;
  height: number;
}

/**
 * Recognises a photo by its content, whatever its name says.
 *
 * A TIFF whose first image is marked as a reduced version of another one is a camera's raw file (DNG, NEF,
 * ARW) with its preview first, and is not recognised; nor is a HEIF whose pictures are neither AV1 nor HEVC.
 *
 * @returns undefined for anything else
 */
export function recognizeFormat(bytes: Uint8Array): PhotoFormat | undefined {
  if (startsWith(bytes, '\xff\xd8\xff')) return 'jpeg';
  if (startsWith(bytes, '\x89PNG\r\n\x1a\n')) return 'png';
  if (startsWith(bytes, 'GIF87a') || startsWith(bytes, 'GIF89a')) return 'gif';
  if (startsWith(bytes, 'RIFF') && startsWith(bytes, 'WEBP', 8)) return 'webp';
  if (/^(II[*+]\0|MM\0[*+])/.test(latin1(bytes, 0, 4))) return isCameraRaw(bytes) ? undefined : 'tiff';
  return heifFormat(bytes);
}

/**
 * Reads the size that a photo claims, as stored (not turned).
 *
 * A WebP's size is that of its canvas, a GIF's that of its logical screen.
 *
 * @returns undefined where the header ends before it
 */
export function declaredSize(bytes: Uint8Array, format: PhotoFormat): Size | undefined {
  const view = viewOf(bytes);
  if (format === 'jpeg') return jpegFrame(view);
  if (format === 'tiff') return tiffSize(bytes);
  if (format === 'avif' || format === 'heic') return readHeifPicture(bytes);
  if (bytes.length < 30) return undefined;
  const chunk = latin1(bytes, 12, 16);
  if (format === 'png' && chunk === 'IHDR') return { width: view.getUint32(16), height: view.getUint32(20) };
  if (format === 'gif') return { width: view.getUint16(6, true), height: view.getUint16(8, true) };
  if (format === 'webp') return webpSize(view, chunk);
  return undefined;
}

/** True for a PNG with 16 bits a channel. */
export function isDeepPng(bytes: Uint8Array, format: PhotoFormat): boolean {
  return format === 'png' && bytes[24] === 16;
}

/** True where the decoder must hold the whole photo, at more than 8 bytes a pixel, before it hands over any. */
export function isHeldWhole(bytes: Uint8Array, format: PhotoFormat): boolean {
  return format === 'avif' || format === 'heic' || (isDeepPng(bytes, format) && bytes[28] === 1);
}

/**
 * Says why a sound JPEG or TIFF is not decoded: a process, a compression or samples that no decoder here knows, or
 * that have no single meaning as colours.
 *
 * @returns such as `The photo is a 12-bit JPEG`; undefined where nothing prevents it
 */
export function foreignContent(bytes: Uint8Array, format: PhotoFormat): string | undefined {
  if (format === 'tiff') {
    const directory = readTiffDirectory(bytes);
    const foreign = directory && foreignSamples(directory);
    return foreign && `The TIFF has ${foreign}`;
  }
  const frame = format === 'jpeg' ? jpegFrame(viewOf(bytes)) : undefined;
  if (!frame) return undefined;
  const process = OTHER_PROCESSES[frame.marker];
  if (process) return `The photo is ${process}`;
  return frame.precision === 8 ? undefined : `The photo is a ${frame.precision}-bit JPEG`;
}

/** JPEG's processes that libjpeg does not decode, by their SOFn (ITU-T T.81, table B.1; T.87). */
const OTHER_PROCESSES: Record<number, string> = {
  195: 'a lossless JPEG',
  197: 'a hierarchical JPEG',
  198: 'a hierarchical JPEG',
  199: 'a hierarchical JPEG',
  203: 'a lossless JPEG',
  205: 'a hierarchical JPEG',
  206: 'a hierarchical JPEG',
  207: 'a hierarchical JPEG',
  247: 'a JPEG-LS',
};

/** The frame header (SOFn, ITU-T T.81 B.2.2) of a JPEG. */
function jpegFrame(view: DataView): (Size & { marker: number; precision: number }) | undefined {
  for (const { marker, at } of jpegSegments(view)) {
    const isFrame = marker === 0xf7 || (marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker));
    if (!isFrame) continue;
    return {
      marker,
      precision: view.getUint8(at + 4),
      width: view.getUint16(at + 7),
      height: view.getUint16(at + 5),
    };
  }
  return undefined;
}

function tiffSize(bytes: Uint8Array): Size | undefined {
  const values = readTiffDirectory(bytes)?.values;
  const [width] = values?.get(TAG.ImageWidth) ?? [];
  const [height] = values?.get(TAG.ImageLength) ?? [];
  return width && height ? { width, height } : undefined;
}

/** Walks over the marker segments of a JPEG: each from its marker at `at` to `end`. */
export function* jpegSegments(view: DataView): Generator<{ marker: number; at: number; end: number }> {
  let at = 2;
  while (at + 9 <= view.byteLength) {
    const marker = view.getUint8(at) === 0xff ? view.getUint8(at + 1) : 0;
    const hasLength = marker >= 0xc0 && marker !== 0xff && !(marker >= 0xd0 && marker <= 0xd9);
    const end = at + (hasLength ? 2 + view.getUint16(at + 2) : 1);
    if (hasLength) yield { marker, at, end };
    at = end;
  }
}

/** The canvas of a WebP (RFC 9649): simple lossy, simple lossless, or extended. */
function webpSize(view: DataView, chunk: string): Size | undefined {
  if (chunk === 'VP8 ') {
    return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
  }
  if (chunk === 'VP8L') {
    const bits = view.getUint32(21, true);
    return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
  }
  if (chunk === 'VP8X') {
    const uint24 = (at: number): number => view.getUint16(at, true) + view.getUint8(at + 2) * 65_536;
    return { width: uint24(24) + 1, height: uint24(27) + 1 };
  }
  return undefined;
}

/** Canon's CR2, or a first TIFF image with NewSubfileType (TIFF 6.0, tag 254) "reduced-resolution". */
function isCameraRaw(bytes: Uint8Array): boolean {
  if (startsWith(bytes, 'CR', 8)) return true;
  const view = viewOf(bytes);
  const little = bytes[0] === 0x49;
  const directory = bytes.length >= 8 ? view.getUint32(4, little) : 0;
  if (directory + 14 > bytes.length) return false;
  // Entries are sorted by tag, and no lower tag than 254 is in use: NewSubfileType comes first.
  return view.getUint16(directory + 2, little) === 254 && (view.getUint32(directory + 10, little) & 1) === 1;
}

/** A HEIF by the coding of its primary picture, or by its brands where that cannot be found. */
function heifFormat(bytes: Uint8Array): PhotoFormat | undefined {
  const brands = heifBrands(bytes);
  if (!brands.some((brand) => HEIF_BRANDS.test(brand))) return undefined;
  const coding = readHeifPicture(bytes)?.coding;
  if (coding === 'av01') return 'avif';
  if (coding === 'hvc1') return 'heic';
  if (coding) return undefined;
  if (brands.some((brand) => /^avi[fs]$/.test(brand))) return 'avif';
  return brands.some((brand) => /^(hei[cx]|mif[12])$/.test(brand)) ? 'heic' : undefined;
}

/** Brands of pictures in ISO media files (ISO/IEC 23008-12, annex B); others are videos'. */
const HEIF_BRANDS = /^(mi[af]f|mif[12]|msf1|he[iv][cmsx]|avi[fs]|avc[is]|jp[eg]gs?|j2k[is]|vvi[cs])$/;

/** Major and compatible brands of an ISO media file (ISO/IEC 14496-12 `ftyp`), empty for any other file. */
function heifBrands(bytes: Uint8Array): string[] {
  if (bytes.length < 16 || !startsWith(bytes, 'ftyp', 4)) return [];
  const end = Math.min(new DataView(bytes.buffer, bytes.byteOffset).getUint32(0), bytes.length, 256);
  const brands = [latin1(bytes, 8, 12)];
  for (let at = 16; at + 4 <= end; at += 4) brands.push(latin1(bytes, at, at + 4));
  return brands;
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

function startsWith(bytes: Uint8Array, magic: string, at = 0): boolean {
  return latin1(bytes, at, at + magic.length) === magic;
}

function latin1(bytes: Uint8Array, from: number, to: number): string {
  return String.fromCharCode(...bytes.subarray(from, to));
}
