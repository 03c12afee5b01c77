/** The first directory of a TIFF, in either byte order and either size, to its last byte. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readTiffDirectory, TAG, withPixelTagsOnly } from '../../../functions/core/photo/tiff-directory.ts';

interface Kind {
  little: boolean;
  big: boolean;
}
const KINDS: Kind[] = [
  { little: true, big: false },
  { little: false, big: false },
  { little: true, big: true },
  { little: false, big: true },
];
type Entry = [tag: number, type: number, values: number[], count?: number];
const WIDTHS: Record<number, number> = {
  1: 1,
  2: 1,
  3: 2,
  4: 4,
  5: 8,
  6: 1,
  7: 1,
  8: 2,
  9: 4,
  11: 4,
  13: 4,
  16: 8,
  17: 8,
  18: 8,
};

/** A file that is a directory, and behind it what does not fit into its entries. */
function encode(entries: Entry[], { little, big }: Kind, next = 0): Buffer {
  const [head, size, room, step] = big ? [24, 20, 8, 8] : [10, 12, 4, 4];
  const view = new DataView(new ArrayBuffer(4000));
  const write = (at: number, width: number, value: number): void => {
    if (width === 1) view.setUint8(at, value);
    if (width === 2) view.setUint16(at, value, little);
    if (width === 4) view.setUint32(at, value, little);
    if (width === 8) view.setBigInt64(at, BigInt(value), little);
  };
  Buffer.from(view.buffer).write(little ? 'II' : 'MM', 'latin1');
  write(2, 2, big ? 43 : 42);
  if (big) write(4, 2, 8);
  write(big ? 8 : 4, big ? 8 : 4, big ? 16 : 8);
  write(big ? 16 : 8, big ? 8 : 2, entries.length);
  let far = head + size * entries.length + step;
  write(far - step, step, next);
  for (const [i, [tag, type, values, count = values.length]] of entries.entries()) {
    const [at, width] = [head + size * i, WIDTHS[type] ?? 1];
    write(at, 2, tag);
    write(at + 2, 2, type);
    write(at + 4, step, count);
    const fits = count * width <= room;
    const to = fits ? at + 4 + step : far;
    if (!fits) {
      write(at + 4 + step, step, far);
      far += count * width;
    }
    for (const [k, value] of values.entries()) write(to + k * width, width, value);
  }
  return Buffer.from(view.buffer).subarray(0, far);
}

const valuesIn = (bytes: Uint8Array) => [...(readTiffDirectory(bytes)?.values ?? [])];

test('whole numbers of every type are read in either byte order, of TIFF and BigTIFF', () => {
  const read: Entry[] = [
    [256, 1, [200]],
    [257, 3, [60_000]],
    [258, 3, [8, 16, 8]],
    [259, 4, [4_000_000_000]],
    [262, 6, [-3]],
    [266, 7, [9]],
    [273, 4, [70_000, 80_000]],
    [274, 8, [-6]],
    [277, 9, [-70_000]],
    [278, 13, [5]],
    [279, 16, [5_000_000_000]],
    [284, 17, [-5_000_000_000]],
    [317, 18, [7]],
    [700, 1, [1, 2, 3, 4, 5]],
  ];
  for (const kind of KINDS) {
    assert.deepEqual(
      valuesIn(encode(read, kind)),
      read.map(([tag, , values]) => [tag, values]),
      JSON.stringify(kind),
    );
  }
});

test('what is not a whole number, or not in the file, has no values', () => {
  for (const kind of KINDS) {
    const file = encode(
      [
        [256, 2, [65]],
        [257, 5, [1]],
        [258, 11, [1]],
        [259, 99, [1]],
        [262, 3, [], 0],
        [700, 1, [1, 2, 3, 4, 5, 6, 7, 8, 9]],
      ],
      kind,
    );
    const none = [256, 257, 258, 259, 262].map((tag) => [tag, []]);
    assert.deepEqual(valuesIn(file), [...none, [700, [1, 2, 3, 4, 5, 6, 7, 8, 9]]]);
    assert.deepEqual(valuesIn(file.subarray(0, -1)), [...none, [700, []]], 'one byte is missing');
  }
});

test('of a tag that occurs twice the first is taken, and of many values sixteen', () => {
  for (const kind of KINDS) {
    const file = encode(
      [
        [256, 3, [5]],
        [256, 3, [6]],
        [258, 3, Array.from({ length: 20 }, (_, i) => i)],
      ],
      kind,
    );
    assert.deepEqual(valuesIn(file), [
      [256, [5]],
      [258, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]],
    ]);
    assert.deepEqual(
      readTiffDirectory(file)?.entries.map(({ tag }) => tag),
      [256, 256, 258],
    );
  }
});

test('a directory may end with the file, and must be in it', () => {
  for (const kind of KINDS) {
    const file = encode(
      [
        [256, 3, [5]],
        [257, 3, [6]],
      ],
      kind,
    );
    const withoutNext = file.subarray(0, kind.big ? -8 : -4);
    assert.equal(valuesIn(withoutNext).length, 2);
    assert.equal(readTiffDirectory(withoutNext.subarray(0, -1)), undefined);
  }
  assert.equal(readTiffDirectory(Buffer.from('II*\0\x08\0\0\0\0\0\0\0\0\0\0')), undefined);
  assert.equal(readTiffDirectory(Buffer.from('II*\0\xff\0\0\0\0\0\0\0\0\0\0\0', 'latin1')), undefined);
  assert.equal(readTiffDirectory(Buffer.from('MM\0+\0\x08\0\0\0\0\0\0\0\0\0\xff', 'latin1')), undefined);
  assert.equal(readTiffDirectory(new Uint8Array(0)), undefined);
});

test('a BigTIFF may have the entries that a TIFF may have', () => {
  const file = Buffer.alloc(24 + 20 * 65_536);
  file.write('II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0\xff\xff\0\0\0\0\0\0', 'latin1');
  assert.equal(readTiffDirectory(file)?.entries.length, 65_535);
  file.writeUInt32LE(65_536, 16);
  assert.equal(readTiffDirectory(file), undefined);
});

/** Tag, type, count and value of each entry, and where the next directory is. */
function entriesOf(file: Buffer, { little, big }: Kind): { entries: number[][]; next: number | undefined } {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const [head, size, step] = big ? [24, 20, 8] : [10, 12, 4];
  const number = (at: number) => (big ? Number(view.getBigUint64(at, little)) : view.getUint32(at, little));
  const count = big ? number(16) : view.getUint16(8, little);
  const entries = Array.from({ length: count }, (_, i) => {
    const at = head + size * i;
    const type = view.getUint16(at + 2, little);
    const [length, place] = [number(at + 4), at + 4 + step];
    const value = length > 1 ? -1 : type === 3 ? view.getUint16(place, little) : number(place);
    return [view.getUint16(at, little), type, length, value];
  });
  const end = head + size * count;
  return { entries, next: end + step <= file.length ? number(end) : undefined };
}

test('the copy with pixels’ tags only has them once, in order, scalars as LONG, and no other directory', () => {
  const stored: Entry[] = [
    [TAG.Orientation, 3, [6]],
    [TAG.ImageWidth, 3, [640]],
    [TAG.ImageWidth, 3, [641]],
    [TAG.ImageLength, 8, [480]],
    [TAG.BitsPerSample, 3, [8]],
    [270, 3, [1]], // ImageDescription
    [TAG.Compression, 3, [1, 2]],
    [TAG.StripByteCounts, 3, [9]],
    [TAG.StripOffsets, 3, [8]],
    [TAG.IccProfile, 7, [1]],
    [TAG.RowsPerStrip, 2, [65]],
    [282, 3, [72]], // XResolution
  ];
  for (const kind of KINDS) {
    const file = encode(stored, kind, 77);
    // Behind a SHORT of BigTIFF, the width, stands what nobody reads.
    if (kind.big) file.fill(0xff, 24 + 20 + 14, 24 + 2 * 20);
    const before = Buffer.from(file);
    const { entries, next } = entriesOf(withPixelTagsOnly(file, readTiffDirectory(file)!), kind);
    assert.ok(file.equals(before), 'the file itself stays');
    // One byte at the beginning of four, or eight.
    const byte = (value: number) => (kind.little ? value : value * (kind.big ? 2 ** 56 : 2 ** 24));
    const wide = (value: number) => (kind.little || !kind.big ? value : value * 2 ** 32);
    assert.deepEqual(entries, [
      [TAG.ImageWidth, 4, 1, wide(640)],
      [TAG.ImageLength, 4, 1, wide(480)],
      [TAG.BitsPerSample, 3, 1, 8],
      [TAG.Compression, 3, 2, -1],
      [TAG.StripOffsets, 3, 1, 8],
      [TAG.Orientation, 4, 1, wide(6)],
      [TAG.RowsPerStrip, 2, 1, byte(65)],
      [TAG.StripByteCounts, 3, 1, 9],
      [TAG.IccProfile, 7, 1, byte(1)],
    ]);
    assert.equal(next, 0);
  }
});

test('what libtiff does without is left out of the copy: odd orientations, counts and profiles', () => {
  const cases: [Entry, boolean][] = [
    ...[1, 2, 8].map((value): [Entry, boolean] => [[TAG.Orientation, 3, [value]], true]),
    ...[0, 9].map((value): [Entry, boolean] => [[TAG.Orientation, 3, [value]], false]),
    [[TAG.Orientation, 8, [-6]], false],
    [[TAG.Orientation, 2, [6]], false],
    [[TAG.StripByteCounts, 3, [9]], true],
    [[TAG.StripByteCounts, 4, [9]], true],
    [[TAG.StripByteCounts, 16, [9]], true],
    [[TAG.StripByteCounts, 11, [9]], false],
    [[TAG.StripByteCounts, 9, [9]], false],
    [[TAG.IccProfile, 7, [1, 2, 3]], true],
    [[TAG.IccProfile, 7, [], 5000], false],
    [[TAG.YCbCrCoefficients, 5, [1]], true],
  ];
  for (const kind of KINDS) {
    for (const [entry, isKept] of cases) {
      const file = encode([[TAG.ImageWidth, 4, [1]], entry], kind);
      const copy = withPixelTagsOnly(file.subarray(0, 200), readTiffDirectory(file.subarray(0, 200))!);
      assert.equal(entriesOf(copy, kind).entries.length, isKept ? 2 : 1, `${entry}`);
    }
  }
});

test('a copy is made of a file that ends with its directory too, and keeps its last entry', () => {
  for (const kind of KINDS) {
    const whole = encode(
      [
        [TAG.ImageWidth, 4, [3]],
        [TAG.ImageLength, 4, [4]],
      ],
      kind,
    );
    const file = whole.subarray(0, kind.big ? -8 : -4);
    const { entries } = entriesOf(withPixelTagsOnly(file, readTiffDirectory(file)!), kind);
    assert.equal(entries.length, 2);
    assert.deepEqual(
      readTiffDirectory(withPixelTagsOnly(file, readTiffDirectory(file)!))?.values.get(257),
      [4],
    );
  }
});
