/** Which way a PNG is turned, by chunks alone: beside what Pillow shows (photo-pillow.test.ts), what is odd in them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { pngOrientation } from '../../../functions/core/photo/png-orientation.ts';

const chunk = (type: string, data: Uint8Array | string) => {
  const content = Buffer.from(data as string, 'latin1');
  const head = Buffer.from(`0000${type}`, 'latin1');
  head.writeUInt32BE(content.length);
  return Buffer.concat([head, content, Buffer.alloc(4)]);
};
const png = (...chunks: Buffer[]) => Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), ...chunks]);
const exif = (orientation: number) => {
  const bytes = Buffer.from('II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\0\0\0\0\0\0\0\0', 'latin1');
  bytes.writeUInt16LE(orientation, 18);
  return bytes.toString('latin1');
};
/** As ImageMagick writes it: a name, a length, and hexadecimal digits in lines. */
const raw = (bytes: string) =>
  `\nexif\n    ${bytes.length}\n${Buffer.from(bytes, 'latin1').toString('hex').replace(/.{36}/g, '$&\n')}\n`;
const xmp = (orientation: string) => `<x:xmpmeta tiff:Orientation="${orientation}"/>`;
const EXIF = 'Raw profile type exif';
const XMP = 'XML:com.adobe.xmp';
const end = chunk('IEND', '');

test('an orientation is found in each place where programs write one, and nowhere else', () => {
  const deflated = (text: string) => deflateSync(Buffer.from(text, 'latin1')).toString('latin1');
  const international = (
    keyword: string,
    text: string,
    isDeflated: boolean,
    language = '',
    translated = '',
  ) => chunk('iTXt', `${keyword}\0${isDeflated ? '\x01' : '\0'}\0${language}\0${translated}\0${text}`);
  const cases: [string, Buffer[], number][] = [
    ['none', [], 1],
    ['eXIf', [chunk('eXIf', exif(6))], 6],
    ['eXIf, named', [chunk('eXIf', `Exif\0\0${exif(8)}`)], 8],
    ['a text', [chunk('tEXt', `${EXIF}\0${raw(exif(3))}`)], 3],
    ['a deflated text', [chunk('zTXt', `${EXIF}\0\0${deflated(raw(exif(5)))}`)], 5],
    ['an international text', [international(EXIF, raw(exif(4)), false)], 4],
    ['of a language', [international(EXIF, raw(exif(4)), false, 'en', 'EXIF')], 4],
    ['that is deflated', [international(EXIF, deflated(raw(exif(7))), true, 'en')], 7],
    ['XMP', [international(XMP, xmp('2'), false)], 2],
    ['XMP as an element', [international(XMP, '<tiff:Orientation>8</tiff:Orientation>', false)], 8],
    ['eXIf before a text', [chunk('eXIf', exif(6)), chunk('tEXt', `${EXIF}\0${raw(exif(3))}`)], 6],
    ['eXIf behind a text', [chunk('tEXt', `${EXIF}\0${raw(exif(3))}`), chunk('eXIf', exif(6))], 6],
    ['EXIF before XMP', [international(XMP, xmp('2'), false), chunk('tEXt', `${EXIF}\0${raw(exif(3))}`)], 3],
    [
      'eXIf without one, and XMP',
      [chunk('eXIf', exif(6).slice(0, 8)), international(XMP, xmp('2'), false)],
      2,
    ],
    ['behind the end', [end, chunk('eXIf', exif(6))], 1],
    ['another chunk', [chunk('eXIF', exif(6)), chunk('tIME', `${EXIF}\0${raw(exif(3))}`)], 1],
    ['another text', [chunk('tEXt', `Comment\0${raw(exif(3))}`)], 1],
    ['a text without its keyword', [chunk('tEXt', `\0${raw(exif(3))}`), chunk('tEXt', EXIF)], 1],
    ['a keyword of one letter', [chunk('tEXt', 'a\0b'), chunk('eXIf', exif(6))], 6],
    ['text that does not inflate', [chunk('zTXt', `${EXIF}\0\0not deflated`)], 1],
    [
      'an international text that stops',
      [chunk('iTXt', `${EXIF}\0\0\0en`), chunk('iTXt', `${EXIF}\0\0\0en\0`)],
      1,
    ],
    ['what is not EXIF', [chunk('eXIf', `XX${exif(6).slice(2)}`), chunk('eXIf', exif(6).slice(1))], 1],
    ['EXIF later in the chunk', [chunk('eXIf', `abcd${exif(6)}`)], 1],
    ['an orientation of 0, of 9', [chunk('eXIf', exif(0)), chunk('tEXt', `${EXIF}\0${raw(exif(9))}`)], 1],
  ];
  for (const [name, chunks, orientation] of cases) {
    assert.equal(pngOrientation(png(chunk('IHDR', 'x'.repeat(13)), ...chunks, end)), orientation, name);
  }
});

test('a chunk counts to the last byte of the file, and as far as it is there', () => {
  const last = png(chunk('eXIf', exif(6)));
  assert.equal(pngOrientation(last), 6);
  assert.equal(pngOrientation(last.subarray(0, -12)), 1);
  assert.equal(pngOrientation(png(chunk('IDAT', ''), chunk('eXIf', exif(6)))), 6, 'behind an empty one');
  assert.equal(pngOrientation(new Uint8Array(0)), 1);
});

test('a text of a few bytes that would be a gigabyte is not inflated', () => {
  const digits = `\nexif\n 26\n${Buffer.from(exif(6), 'latin1').toString('hex')}`;
  const text = (spaces: number) => deflateSync(Buffer.from(digits + ' '.repeat(spaces))).toString('latin1');
  const read = (spaces: number) => pngOrientation(png(chunk('zTXt', `${EXIF}\0\0${text(spaces)}`)));
  assert.equal(read(900_000), 6);
  assert.equal(read(1_100_000), 1);
});
