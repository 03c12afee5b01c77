/** Names what people drop among photos that is not one, or not one that is decoded, by its first bytes. */

import { readHeifPicture } from './heif-picture.ts';

/** How each kind begins: its name, the bytes, and where they stand. */
const SIGNATURES: readonly (readonly [name: string, magic: string, at?: number])[] = [
  ['JPEG XL', '\xff\x0a'],
  ['JPEG XL', '\0\0\0\x0cJXL '],
  ['JPEG 2000', '\0\0\0\x0cjP  '],
  ['JPEG 2000', '\xff\x4f\xff\x51'],
  ['JPEG XR', 'II\xbc'],
  ['Photoshop file', '8BPS'],
  ['GIMP file', 'gimp xcf'],
  ['icon (ICO)', '\0\0\x01\0'],
  ['cursor (CUR)', '\0\0\x02\0'],
  ['icon (ICNS)', 'icns'],
  ['OpenEXR', '\x76\x2f\x31\x01'],
  ['Radiance HDR', '#?RADIANCE'],
  ['Radiance HDR', '#?RGBE'],
  ['DDS', 'DDS '],
  ['QOI', 'qoif'],
  ['BPG', 'BPG\xfb'],
  ['FLIF', 'FLIF'],
  ['FITS', 'SIMPLE  ='],
  ['DICOM', 'DICM', 128],
  ['MNG', '\x8aMNG'],
  ['JNG', '\x8bJNG'],
  ['camera raw file (Canon CR3)', 'ftypcrx ', 4],
  ['camera raw file (Fujifilm RAF)', 'FUJIFILMCCD-RAW'],
  ['camera raw file (Olympus ORF)', 'IIRO'],
  ['camera raw file (Olympus ORF)', 'IIRS'],
  ['camera raw file (Olympus ORF)', 'MMOR'],
  ['camera raw file (Panasonic RW2)', 'IIU\0'],
  ['camera raw file (Sigma X3F)', 'FOVb'],
  ['camera raw file (Minolta MRW)', '\0MRM'],
  ['camera raw file (DNG, NEF, ARW, CR2)', 'II*\0'],
  ['camera raw file (DNG, NEF, ARW, CR2)', 'MM\0*'],
  ['PDF', '%PDF-'],
  ['PostScript file', '%!PS'],
  ['PostScript file', '\xc5\xd0\xd3\xc6'],
  ['QuickTime video', 'ftypqt  ', 4],
  ['QuickTime video', 'moov', 4],
  ['QuickTime video', 'mdat', 4],
  ['QuickTime video', 'wide', 4],
  ['Matroska or WebM video', '\x1a\x45\xdf\xa3'],
  ['AVI video', 'AVI ', 8],
  ['MPEG video', '\0\0\x01\xba'],
  ['sound file (WAV)', 'WAVE', 8],
  ['sound file (MP3)', 'ID3'],
  ['ZIP archive', 'PK\x03\x04'],
  ['gzip file', '\x1f\x8b'],
  ['RAR archive', 'Rar!'],
  ['7z archive', '7z\xbc\xaf'],
  ['tar archive', 'ustar', 257],
  ['Microsoft Office file or Thumbs.db', '\xd0\xcf\x11\xe0'],
  ['macOS metadata file (._ or AppleDouble)', '\0\x05\x16\x07'],
  ['macOS folder settings file (.DS_Store)', '\0\0\0\x01Bud1'],
];

/** What cannot be converted to a photo. */
const NOT_PICTURES = /\b(text|page|XML|archive|gzip|video|sound|Office|macOS)\b/;

/** What to do about a file of that name, to follow a colon. */
export function adviceFor(name: string): string {
  return NOT_PICTURES.test(name) ? 'upload the photo itself' : 'convert it to JPEG or PNG';
}

/**
 * Names a file that is not a photo.
 *
 * @returns the name with its article, such as `a BMP`; undefined where the bytes say nothing
 */
export function nameOtherFormat(bytes: Uint8Array): string | undefined {
  const start = Buffer.from(bytes.subarray(0, 1024)).toString('latin1');
  const found = SIGNATURES.find(([, magic, at = 0]) => start.startsWith(magic, at));
  if (found) return withArticle(found[0]);
  if (isBmp(bytes, start)) return 'a BMP';
  if (/^P[1-7]\s/.test(start)) return 'a PNM (PBM, PGM, PPM or PAM)';
  if (start.startsWith('ftyp', 4)) return nameMediaFile(bytes, start);
  return nameText(start);
}

/** ISO media files: videos, and pictures in codings that are not decoded here. */
function nameMediaFile(bytes: Uint8Array, start: string): string {
  const coding = readHeifPicture(bytes)?.coding;
  if (coding) return `a HEIF file with ${CODINGS[coding] ?? coding} pictures`;
  if (/msf1|he[iv][cm]|avis/.test(start.slice(8, 64))) return 'a HEIF image sequence';
  return 'an MP4 video or another ISO media file';
}

const CODINGS: Record<string, string> = {
  jpeg: 'JPEG',
  avc1: 'H.264',
  vvc1: 'H.266',
  j2k1: 'JPEG 2000',
  unci: 'uncompressed',
};

/** A BMP's second header begins with its own size, one of these. */
function isBmp(bytes: Uint8Array, start: string): boolean {
  if (!start.startsWith('BM') || bytes.length < 18) return false;
  const size = new DataView(bytes.buffer, bytes.byteOffset).getUint32(14, true);
  return [12, 16, 40, 52, 56, 64, 108, 124].includes(size);
}

function nameText(start: string): string | undefined {
  const text = start.replace(/^\xef\xbb\xbf/, '').trimStart();
  if (/<svg[\s>]/i.test(text) && text.startsWith('<')) return 'an SVG';
  if (/^(<!--[\s\S]*?-->\s*)?<(!doctype html|html|head|body)\b/i.test(text)) return 'an HTML page';
  if (text.startsWith('<?xml')) return 'an XML file';
  // UTF-16 begins with its byte order mark; other text has no control characters but white space.
  if (/^(\xff\xfe|\xfe\xff)/.test(start)) return 'text';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what text does not have
  return start.length > 3 && !/[\0-\x08\x0e-\x1a\x1c-\x1f\x7f]/.test(start) ? 'text' : undefined;
}

function withArticle(name: string): string {
  return `${/^(MPEG|MNG|[aeio])/i.test(name) ? 'an' : 'a'} ${name}`;
}
