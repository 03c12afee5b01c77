/** What the first bytes say, to the byte: the decoders would find most of it out later, and at a cost. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { flattenOnWhite } from '../../../functions/core/photo/flatten.ts';
import {
  declaredSize,
  foreignContent,
  isDeepPng,
  isHeldWhole,
  jpegSegments,
  recognizeFormat,
} from '../../../functions/core/photo/photo-header.ts';
import { isFolderMarker, isPhoto, labelOf } from '../../../functions/core/photo/photo-key.ts';
import { checkBytes, checkSize } from '../../../functions/core/photo/photo-limits.ts';
import { flat } from '../../fixtures/photos.ts';
import { type Entry, encodeTiff, SHORT } from '../../fixtures/tiff.ts';

const bytes = (text: string) => Uint8Array.from(Buffer.from(text, 'latin1'));
/** A JPEG that has come to its frame header: its marker, and 8 bits of 600 × 400. */
const jpeg = (marker: number, before = '') =>
  bytes(`\xff\xd8${before}\xff${String.fromCharCode(marker)}\0\x0b\x08\x01\x90\x02\x58\x01`);
const brands = (...names: string[]) =>
  bytes(
    `\0\0\0${String.fromCharCode(12 + 4 * names.length)}ftyp${names[0]}\0\0\0\0${names.slice(1).join('')}`,
  );

test('a photo of no bytes is empty, and one byte is not', () => {
  assert.throws(() => checkBytes(new Uint8Array(), 10), {
    reason: 'empty',
    message: 'The photo is empty: it has 0 bytes.',
  });
  checkBytes(new Uint8Array(10), 10);
  assert.throws(() => checkBytes(new Uint8Array(11), 10), { reason: 'too-many-bytes' });
});

test('a size is within its limits up to both of them', () => {
  checkSize({ width: 32_767, height: 2 }, 65_534);
  assert.throws(
    () => checkSize({ width: 32_767, height: 2 }, 65_533),
    /= 65534 pixels; the limit is 65533\.$/,
  );
  assert.throws(
    () => checkSize({ width: 2, height: 32_768 }, 1e9),
    /2 × 32768 pixels; the limit is 32767 on a side/,
  );
});

test('an ISO media file is a photo where one of its brands is a picture’s, and it is AVIF before HEIC', () => {
  const cases: [string[], ReturnType<typeof recognizeFormat>][] = [
    [['avif'], 'avif'],
    [['avis', 'msf1'], 'avif'],
    [['mif1', 'heic', 'avif'], 'avif'],
    [['heic', 'mif1'], 'heic'],
    [['heix'], 'heic'],
    [['mif1'], 'heic'],
    [['mif2', 'isom'], 'heic'],
    [['isom', 'mif1'], 'heic'],
    [['isom', 'avif'], 'avif'],
    [['isom', 'mp42'], undefined],
    [['msf1', 'hevc'], undefined],
    [['heim'], undefined],
    [['avci'], undefined],
    [['jpeg'], undefined],
    [['avi1'], undefined],
  ];
  for (const [names, format] of cases) {
    // The four bytes after the major brand are its version.
    assert.equal(recognizeFormat(brands(...names)), format, names.join());
  }
  // Nothing after the box that they stand in is a brand, nor what is cut off.
  assert.equal(recognizeFormat(Buffer.concat([brands('isom'), bytes('avif')])), undefined);
  assert.equal(recognizeFormat(brands('isom', 'avif').subarray(0, 19)), undefined);
  assert.equal(recognizeFormat(brands('avif').subarray(0, 15)), undefined);
});

test('a TIFF is one in either byte order and size, unless it is a camera’s raw file', () => {
  for (const start of ['II*\0', 'II+\0', 'MM\0*', 'MM\0+'])
    assert.equal(recognizeFormat(bytes(start)), 'tiff');
  for (const start of ['II*', 'MM*\0', 'II,\0', 'MM\0,', 'xII*\0'])
    assert.equal(recognizeFormat(bytes(start)), undefined);
  // One entry: NewSubfileType (or another tag), and its value.
  const little = (tag: string, value: number) =>
    bytes(`II*\0\x08\0\0\0\x01\0${tag}\x04\0\x01\0\0\0${String.fromCharCode(value)}\0\0\0`);
  const big = (tag: string, value: number) =>
    bytes(`MM\0*\0\0\0\x08\0\x01${tag}\0\x04\0\0\0\x01\0\0\0${String.fromCharCode(value)}`);
  const cases: [Uint8Array, ReturnType<typeof recognizeFormat>][] = [
    [little('\xfe\0', 1), undefined],
    [little('\xfe\0', 3), undefined],
    [little('\xfe\0', 2), 'tiff'],
    [little('\xff\0', 1), 'tiff'],
    [big('\0\xfe', 1), undefined],
    [big('\0\xfe', 2), 'tiff'],
    [little('\xfe\0', 1).subarray(0, 21), 'tiff'], // the value is not there
    [bytes('II*\0\xff\xff\xff\xff'), 'tiff'],
    [bytes('II*\0\x10\0\0\0CR'), undefined],
  ];
  for (const [file, format] of cases)
    assert.equal(recognizeFormat(file), format, Buffer.from(file).toString('hex'));
});

test('a TIFF has a size where it says both of its sides', () => {
  const tiff = (...entries: Entry[]) => declaredSize(encodeTiff(entries, new Uint8Array(8)), 'tiff');
  assert.deepEqual(tiff([256, SHORT, 1, 640], [257, SHORT, 1, 480]), { width: 640, height: 480 });
  assert.equal(tiff([256, SHORT, 1, 640]), undefined);
  assert.equal(tiff([257, SHORT, 1, 480]), undefined);
  assert.equal(tiff([256, SHORT, 1, 0], [257, SHORT, 1, 480]), undefined);
  assert.equal(declaredSize(bytes('II*\0\x08\0\0\0'), 'tiff'), undefined);
});

test('a picture of HEVC in a file of no brand of pictures is not a photo, nor is any RIFF or WEBP alone', () => {
  const heic = readFileSync(join(import.meta.dirname, '../../fixtures/heic/one-picture.heic'));
  assert.equal(recognizeFormat(heic), 'heic');
  const video = Buffer.from(heic);
  video.fill('isom', 8, 12).fill('mp42', 16, heic.readUInt32BE(0));
  assert.equal(recognizeFormat(video), undefined);
  assert.equal(recognizeFormat(bytes('RIFF\x20\0\0\0WEBPVP8 ')), 'webp');
  for (const start of ['RIFF\x20\0\0\0WAVEfmt ', 'JUNK\x20\0\0\0WEBPVP8 ', 'xxxxxxxxmif1\0\0\0\0mif1'])
    assert.equal(recognizeFormat(bytes(start)), undefined, start);
});

test('a WebP has its canvas in its first chunk, of whichever of the three kinds', () => {
  const webp = (chunk: string, rest: number[]) =>
    Buffer.concat([bytes(`RIFF\x20\0\0\0WEBP${chunk}\x10\0\0\0`), Uint8Array.from(rest)]);
  // 14 bits of width, then of height, above them a scale.
  assert.deepEqual(declaredSize(webp('VP8 ', [0, 0, 0, 0x9d, 1, 0x2a, 0x58, 0x42, 0x90, 0x81]), 'webp'), {
    width: 600,
    height: 400,
  });
  // 14 bits each, less one: 0x257 and 0x18f.
  const bits = 0x257 | (0x18f << 14);
  const four = [bits & 255, (bits >> 8) & 255, (bits >> 16) & 255, bits >> 24];
  assert.deepEqual(declaredSize(webp('VP8L', [0x2f, ...four, 0, 0, 0, 0, 0]), 'webp'), {
    width: 600,
    height: 400,
  });
  // 24 bits each, less one.
  const large = [0, 0, 0, 0, 0xff, 0x01, 0x01, 0x8f, 0x01, 0x02];
  assert.deepEqual(declaredSize(webp('VP8X', large), 'webp'), { width: 66_048, height: 131_472 });
  assert.equal(declaredSize(webp('ICCP', large), 'webp'), undefined);
  assert.equal(declaredSize(webp('VP8X', large).subarray(0, 29), 'webp'), undefined);
});

test('a PNG has its size in IHDR, which comes first; 16 bits, interlaced, are held whole', async () => {
  const png = async (deep: boolean, progressive: boolean) =>
    flat([1, 2, 3], 60, 40)
      .toColourspace(deep ? 'rgb16' : 'srgb')
      .png({ progressive })
      .toBuffer();
  const held = [];
  for (const deep of [false, true]) {
    for (const progressive of [false, true]) {
      const file = await png(deep, progressive);
      assert.deepEqual(declaredSize(file, 'png'), { width: 60, height: 40 });
      assert.equal(isDeepPng(file, 'png'), deep);
      held.push(isHeldWhole(file, 'png'));
    }
  }
  assert.deepEqual(held, [false, false, false, true]);
  const other = Buffer.from(await png(true, true));
  assert.equal(isDeepPng(other, 'gif'), false);
  other.write('CgBI', 12, 'latin1'); // as an iPhone's packages have it
  assert.equal(declaredSize(other, 'png'), undefined);
});

test('a JPEG’s frame is found behind segments, fill bytes and restart markers, and says its process', () => {
  const size = { width: 600, height: 400 };
  for (const before of [
    '',
    '\xff\xe0\0\x04ab',
    '\xff\xff\xff',
    '\xff\xd0\xff\xd7',
    'stray',
    '\x01\xe5\x7f\xff',
    '\xff\xc4\0\x02\xff\xcc\0\x02\xff\xc8\0\x02',
  ]) {
    const { width, height } = declaredSize(jpeg(0xc0, before), 'jpeg') ?? {};
    assert.deepEqual({ width, height }, size, before);
  }
  assert.equal(declaredSize(jpeg(0xc0).subarray(0, 11), 'jpeg')?.width, 600);
  assert.equal(declaredSize(jpeg(0xc0).subarray(0, 10), 'jpeg'), undefined, 'cut short');
  const said = (marker: number) => foreignContent(jpeg(marker), 'jpeg');
  for (const marker of [0xc0, 0xc1, 0xc2, 0xc9, 0xca]) assert.equal(said(marker), undefined);
  for (const marker of [0xc3, 0xcb]) assert.equal(said(marker), 'The photo is a lossless JPEG');
  for (const marker of [0xc5, 0xc6, 0xc7, 0xcd, 0xce, 0xcf])
    assert.equal(said(marker), 'The photo is a hierarchical JPEG');
  assert.equal(said(0xf7), 'The photo is a JPEG-LS');
});

test('the segments of a JPEG go from marker to end, those without a length apart', () => {
  const file = bytes('\xff\xd8\xff\xe0\0\x04ab\xff\xd9\xff\x01\xff\xfe\0\x03c\xff\xda\0\x02.........');
  const found = [...jpegSegments(new DataView(file.buffer))];
  assert.deepEqual(found.slice(0, 3), [
    { marker: 0xe0, at: 2, end: 8 },
    { marker: 0xfe, at: 12, end: 17 },
    { marker: 0xda, at: 17, end: 21 },
  ]);
});

test('a photo is an object within the scope that does not stand for a folder', () => {
  const scope = { prefix: 'fruits/', suffix: '.jpg' };
  assert.ok(isPhoto('fruits/a.jpg', scope));
  for (const key of ['a.jpg', 'fruits/a.png', 'x/fruits/a.jpg.txt']) assert.ok(!isPhoto(key, scope), key);
  assert.ok(!isPhoto('fruits/a/', { prefix: '', suffix: '' }));
  assert.ok(isFolderMarker('a/') && !isFolderMarker('/a'));
  assert.deepEqual(['fruits/Apple 3/a.jpg', 'Apple/a.jpg', 'a.jpg', '/a.jpg', 'fruits//a.jpg'].map(labelOf), [
    'Apple 3',
    'Apple',
    undefined,
    undefined,
    undefined,
  ]);
});

test('alpha is laid on white, whether colours are multiplied by it already or not', () => {
  // Half of 100 on half of white; multiplied already, 50 is what is left of 100, and no colour is more than its alpha.
  assert.deepEqual([...flattenOnWhite(Uint8Array.of(100, 0, 255, 127))], [178, 128, 255]);
  assert.deepEqual([...flattenOnWhite(Uint8Array.of(50, 0, 200, 127), true)], [178, 128, 255]);
  assert.deepEqual(
    [...flattenOnWhite(Uint8Array.of(9, 9, 9, 0, 7, 8, 9, 255), true)],
    [255, 255, 255, 7, 8, 9],
  );
});
