/** What is a bomb, to the last entry: by the structure alone, nothing is decoded. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Refusal } from '../../../functions/core/errors.ts';
import { checkStructure } from '../../../functions/core/photo/photo-bombs.ts';
import type { PhotoFormat } from '../../../functions/core/photo/photo-header.ts';
import { checkCodedScans, checkScans } from '../../../functions/core/photo/photo-limits.ts';
import { avifGrid, exifKnot } from '../../fixtures/bombs.ts';
import { jpegOfScans } from '../../fixtures/jpeg-scans.ts';
import { insert, jpegSegment } from '../../fixtures/photos.ts';
import { type Entry, encodeTiff, LONG, rgbEntries, SHORT } from '../../fixtures/tiff.ts';

const SCAN = Buffer.of(0xff, 0xda);
/** The reason why it is refused; undefined where it is not. */
function refusalOf(check: () => void): string | undefined {
  try {
    check();
  } catch (error) {
    if (error instanceof Refusal) return error.reason;
    throw error;
  }
  return undefined;
}
const structure = (bytes: Uint8Array, format: PhotoFormat, maxPixels = 1e6) =>
  refusalOf(() => checkStructure(bytes, format, maxPixels));

/** A directory: its entries' tags and values, and where the next one is. */
function directory(entries: [tag: number, value: number][], next: number, little = true): Buffer {
  const view = new DataView(new ArrayBuffer(2 + 12 * entries.length + 4));
  view.setUint16(0, entries.length, little);
  for (const [i, [tag, value]] of entries.entries()) {
    view.setUint16(2 + 12 * i, tag, little);
    view.setUint32(2 + 12 * i + 8, value, little);
  }
  view.setUint32(view.byteLength - 4, next, little);
  return Buffer.from(view.buffer);
}
const [EXIF, GPS, INTEROPERABILITY, OTHER] = [0x8769, 0x8825, 0xa005, 0x0112];
const pointers = (count: number, tag = EXIF): [number, number][] =>
  Array.from({ length: count }, () => [tag, 8]);
const exif = (first: Uint8Array, ...others: Uint8Array[]) =>
  Buffer.concat([Buffer.from('II*\0\x08\0\0\0', 'latin1'), first, ...others]);

test('pointers of EXIF are counted in all that libexif enters, in both byte orders, and in nothing else', () => {
  const big = (count: number) =>
    Buffer.concat([Buffer.from('MM\0*\0\0\0\x08', 'latin1'), directory(pointers(count), 0, false)]);
  const second = 8 + directory([[EXIF, 0]], 0).length;
  const behind = (count: number) => exif(directory([], 14), directory(pointers(count), 0));
  const last = exif(directory(pointers(17), 0), directory([], 8));
  last.writeUInt32LE(8 + directory(pointers(17), 0).length, 4);
  const cases: [string, Buffer, string | undefined][] = [
    ['16 in all', exif(directory(pointers(16), 0)), undefined],
    ['17', exif(directory(pointers(17), 0)), 'corrupt'],
    ['17 of GPS', exif(directory(pointers(17, GPS), 0)), 'corrupt'],
    ['17 of interoperability', exif(directory(pointers(17, INTEROPERABILITY), 0)), 'corrupt'],
    ['17 other tags', exif(directory(pointers(17, OTHER), 0)), undefined],
    ['16 of Motorola’s order', big(16), undefined],
    ['17 of Motorola’s order', big(17), 'corrupt'],
    ['16 in the thumbnail’s', behind(16), undefined],
    ['17 in the thumbnail’s', behind(17), 'corrupt'],
    ['1 and 15', exif(directory([[EXIF, second]], 0), directory(pointers(15), 0)), undefined],
    ['1 and 16', exif(directory([[EXIF, second]], 0), directory(pointers(16), 0)), 'corrupt'],
    [
      'what follows the EXIF directory',
      exif(directory([[EXIF, second]], 0), directory([], second + 6), directory(pointers(17), 0)),
      undefined,
    ],
    [
      '17 of which 16 are counted',
      exif(directory(pointers(16), 0).subarray(0, -4), directory(pointers(1), 0).subarray(2)),
      undefined,
    ],
    ['17 up to the last byte', exif(directory(pointers(17), 0).subarray(0, -4)), 'corrupt'],
    ['17, the last cut short', exif(directory(pointers(17), 0).subarray(0, -5)), undefined],
    ['a thumbnail’s at the end', exif(directory(pointers(16), 206), directory(pointers(1), 0)), 'corrupt'],
    ['a thumbnail’s before the first', last, 'corrupt'],
    // Entries as they would be if a directory began with the header, which 0 does not say.
    ['no thumbnail', exif(directory([], 0), directory(pointers(17), 0).subarray(2)), undefined],
    ['nothing behind its header', Buffer.from('II*\0'), undefined],
    ['a directory that is cut short', exif(Buffer.of(1)), undefined],
  ];
  for (const [name, bytes, reason] of cases) assert.equal(structure(bytes, 'png'), reason, name);
});

test('a million entries of EXIF are looked at in all', () => {
  const full = (count: number) => {
    // Each directory has 65,535 entries, and begins two bytes behind the one before.
    const many = Array.from({ length: count }, (_, i): [number, number] => [EXIF, 400 + 2 * i]);
    const first = exif(directory(many, 0));
    return Buffer.concat([first, Buffer.alloc(800_000, 0xff)]);
  };
  assert.equal(structure(full(15), 'png'), undefined);
  assert.equal(structure(full(16), 'png'), 'corrupt');
});

test('999 beginnings of EXIF are looked at, and a thousand are too many', () => {
  assert.equal(structure(Buffer.alloc(4 * 999, 'II*\0'), 'jpeg'), undefined);
  assert.equal(structure(Buffer.alloc(4 * 1000, 'MM\0*'), 'jpeg'), 'corrupt');
});

test('parts are bounded at their last one, before the first scan of a JPEG and in all of a WebP', () => {
  const segments = (before: number, behind: number) =>
    Buffer.concat([
      Buffer.of(0xff, 0xd8),
      Buffer.alloc(4 * before, Buffer.of(0xff, 0xe5, 0, 2)),
      Buffer.of(0xff, 0xda, 0, 2),
      Buffer.alloc(4 * behind, Buffer.of(0xff, 0xe5, 0, 2)),
      Buffer.alloc(9),
    ]);
  assert.equal(structure(segments(2000, 100), 'jpeg'), undefined);
  assert.equal(structure(segments(2001, 0), 'jpeg'), 'corrupt');
  const chunks = (count: number) =>
    Buffer.concat([Buffer.alloc(12), Buffer.alloc(8 * count, 'junk\0\0\0\0')]);
  assert.equal(structure(chunks(1000), 'webp'), undefined);
  assert.equal(structure(chunks(1001), 'webp'), 'corrupt');
});

test('each format has only its own bounds', async () => {
  const bombs: [Uint8Array, PhotoFormat[]][] = [
    [exifKnot(17), ['jpeg', 'png', 'webp']],
    [Buffer.concat([Buffer.alloc(2), Buffer.alloc(9000, Buffer.of(0xff, 0xe5, 0, 2))]), ['jpeg']],
    [Buffer.alloc(9000), ['webp']],
    [tiff(7, 5), ['tiff']],
    [await avifGrid(256, 2, 2, 500), ['avif', 'heic']],
  ];
  for (const [bytes, formats] of bombs) {
    const refusing = (['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif', 'heic'] as const).filter(
      (format) => structure(bytes, format, 100_000) !== undefined,
    );
    assert.deepEqual(refusing, formats);
  }
});

test('the tiles of an AVIF may have twice the pixels that are allowed, those of a HEIC a quarter more', async () => {
  const file = await avifGrid(256, 2, 2, 500);
  const pixels = 4 * 256 * 256;
  assert.equal(structure(file, 'avif', pixels / 2), undefined);
  assert.equal(structure(file, 'avif', pixels / 2 - 1), 'too-many-pixels');
  assert.equal(structure(file, 'heic', Math.ceil(pixels / 1.25)), undefined);
  assert.equal(structure(file, 'heic', Math.floor(pixels / 1.25)), 'too-many-pixels');
});

/** A TIFF of 400 × 300 pixels of some compression, in whose data so many scans begin. */
function tiff(compression: number, scans: number, others: Entry[] = [], without: number[] = []): Buffer {
  const entries = rgbEntries(400, 300, [[259, SHORT, 1, compression], ...others]);
  return encodeTiff(
    entries.filter(([tag]) => !without.includes(tag)),
    Buffer.alloc(2 * scans, SCAN),
  );
}

test('a TIFF’s scans are bounded by the size of its strips or tiles, where they are JPEGs', () => {
  const rows = (count: number): Entry => [278, LONG, 1, count];
  const cases: [string, Buffer, string | undefined][] = [
    ['a strip for all', tiff(7, 4), undefined],
    ['a scan more', tiff(7, 5), 'too-many-pixels'],
    ['no JPEG', tiff(1, 5), undefined],
    ['rows without end', tiff(7, 4, [rows(0xffffffff)]), undefined],
    ['rows without end, and a scan more', tiff(7, 5, [rows(0xffffffff)]), 'too-many-pixels'],
    ['two strips', tiff(7, 8, [rows(150)]), undefined],
    ['two strips, and a scan more', tiff(7, 9, [rows(150)]), 'too-many-pixels'],
    [
      'tiles',
      tiff(7, 16, [
        [322, LONG, 1, 200],
        [323, LONG, 1, 150],
      ]),
      undefined,
    ],
    [
      'tiles, and a scan more',
      tiff(7, 17, [
        [322, LONG, 1, 200],
        [323, LONG, 1, 150],
      ]),
      'too-many-pixels',
    ],
    ['no rows said', tiff(7, 4, [], [278]), undefined],
    ['no width', tiff(7, 5, [], [256]), undefined],
    ['no directory', Buffer.from('II*\0'), undefined],
  ];
  for (const [name, bytes, reason] of cases) assert.equal(structure(bytes, 'tiff', 400 * 300), reason, name);
  checkCodedScans(Buffer.alloc(8, SCAN), 100, 100);
  assert.equal(
    refusalOf(() => checkCodedScans(Buffer.alloc(10, SCAN), 100, 100)),
    'too-many-pixels',
  );
});

test('the scans of a JPEG are those between its segments and before its end', () => {
  const jpeg = (scans: number, arithmetic = false) =>
    jpegOfScans({ width: 64, height: 64, components: 3, kind: 'again', scans, arithmetic });
  const check = (file: Uint8Array, maxPixels = 65e6) =>
    refusalOf(() => checkScans(file, { width: 64, height: 64 }, maxPixels));
  const most = jpeg(500);
  assert.equal(check(most), undefined);
  assert.equal(check(jpeg(501)), 'corrupt');
  // Whatever stands behind its end.
  const scans = (count: number) => Buffer.alloc(4 * count, Buffer.of(0xff, 0xda, 0, 2));
  assert.equal(check(Buffer.concat([most, Buffer.alloc(4), scans(501)])), undefined);
  // Whatever a segment with a length holds.
  for (const marker of [0xc0, 0xc4, 0xcf, 0xd8, 0xdb, 0xe0, 0xfe]) {
    const held = jpegSegment(marker, scans(15_000));
    assert.equal(check(insert(most, 2, held)), undefined, marker.toString(16));
  }
  assert.equal(check(insert(jpeg(501), 2, Buffer.of(0xff, 0xff, 0xff, 0xff))), 'corrupt', 'fill bytes');
  // Markers without a length hide nothing.
  const second = jpeg(501).indexOf(SCAN, jpeg(501).indexOf(SCAN) + 2);
  for (const marker of [0x01, 0xbf, 0xd0, 0xd7]) {
    assert.equal(check(insert(jpeg(501), second, Buffer.of(0xff, marker))), 'corrupt', marker.toString(16));
  }
  // 64 for as many pixels as are allowed, 4 in arithmetic coding: what stands behind the first scan does not count.
  assert.equal(check(jpeg(64), 4096), undefined);
  assert.equal(check(jpeg(65), 4096), 'too-many-pixels');
  assert.equal(check(jpeg(4, true), 4096), undefined);
  assert.equal(check(jpeg(5, true), 4096), 'too-many-pixels');
  assert.equal(check(Buffer.concat([jpeg(64), jpeg(1, true)]), 4096), undefined);
});
