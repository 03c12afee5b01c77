/** How to turn a PNG, wherever it says so: Pillow, which Verger's features follow, reads all of these. */
import { inflateSync } from 'node:zlib';
import { isOrientation, readTiffDirectory, TAG } from './tiff-directory.ts';

/**
 * Reads the EXIF orientation of a PNG: from its `eXIf` chunk, or else from the text that ImageMagick and exiftool
 * write, `Raw profile type exif`; failing that, from its XMP.
 *
 * @returns 1 to 8; 1 where there is none, or it makes no sense
 */
export function pngOrientation(png: Uint8Array): number {
  let exif: Uint8Array | undefined;
  let raw: Uint8Array | undefined;
  let xmp: string | undefined;
  for (const { type, data } of chunks(png)) {
    if (type === 'eXIf') exif = data;
    const text = TEXTS.includes(type) ? readText(type, data) : undefined;
    if (text?.keyword === 'Raw profile type exif') raw = fromRawProfile(text.content());
    if (text?.keyword === 'XML:com.adobe.xmp') xmp = text.content();
  }
  const orientation = exifOrientation(exif ?? raw) ?? xmpOrientation(xmp);
  return isOrientation(orientation) ? orientation : 1;
}

const TEXTS = ['tEXt', 'zTXt', 'iTXt'];
/** Far above any EXIF; a few bytes could inflate to gigabytes. */
const MOST_TEXT = 1_000_000;

/** Walks over the chunks (PNG, third edition, 5.3). */
function* chunks(png: Uint8Array): Generator<{ type: string; data: Uint8Array }> {
  const file = Buffer.from(png.buffer, png.byteOffset, png.byteLength);
  for (let at = 8; at + 12 <= file.length; ) {
    const length = file.readUInt32BE(at);
    const type = file.toString('latin1', at + 4, at + 8);
    if (type === 'IEND') return;
    yield { type, data: file.subarray(at + 8, at + 8 + length) };
    at += 12 + length;
  }
}

/** A text chunk (PNG, third edition, 11.3.3), its content inflated only when asked for. */
function readText(type: string, data: Uint8Array): { keyword: string; content: () => string } | undefined {
  const end = data.indexOf(0);
  if (end < 1) return undefined;
  const keyword = Buffer.from(data.subarray(0, end)).toString('latin1');
  if (type === 'tEXt') return { keyword, content: () => toText(data.subarray(end + 1)) };
  if (type === 'zTXt') return { keyword, content: () => inflate(data.subarray(end + 2)) };
  const language = data.indexOf(0, end + 3);
  const translated = language < 0 ? -1 : data.indexOf(0, language + 1);
  if (translated < 0) return undefined;
  const body = data.subarray(translated + 1);
  return { keyword, content: () => (data[end + 1] === 1 ? inflate(body) : toText(body)) };
}

function inflate(data: Uint8Array): string {
  try {
    return toText(inflateSync(data, { maxOutputLength: MOST_TEXT }));
  } catch {
    return '';
  }
}

function toText(data: Uint8Array): string {
  return Buffer.from(data.subarray(0, MOST_TEXT)).toString('latin1');
}

/** The profile as ImageMagick writes it: an empty line, a name, a length, and hexadecimal digits. */
function fromRawProfile(text: string): Uint8Array {
  return Buffer.from(text.split('\n').slice(3).join('').replace(/\s/g, ''), 'hex');
}

function exifOrientation(exif: Uint8Array | undefined): number | undefined {
  if (!exif) return undefined;
  const body = toText(exif.subarray(0, 6)) === 'Exif\0\0' ? exif.subarray(6) : exif;
  if (!/^(II\*\0|MM\0\*)/.test(toText(body.subarray(0, 4)))) return undefined;
  return readTiffDirectory(body)?.values.get(TAG.Orientation)?.[0];
}

function xmpOrientation(xmp: string | undefined): number | undefined {
  const found = /tiff:Orientation(?:="|>)([0-9])/.exec(xmp ?? '');
  return found ? Number(found[1]) : undefined;
}
