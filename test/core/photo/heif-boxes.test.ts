/** The boxes of a HEIF, in every version and width that the standard has (ISO/IEC 14496-12 and 23008-12). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  associationOf,
  associationsIn,
  type Box,
  boxesIn,
  childOf,
  placesIn,
  readItemTypes,
  readReferences,
} from '../../../functions/core/photo/heif-boxes.ts';
import { box, fullBox, uint16, uint32, versionBox } from '../../fixtures/boxes.ts';

const all = (file: Buffer): Box => ({ type: '', at: 0, end: file.length });
const uint64 = (value: number) =>
  Buffer.concat([uint32(Math.floor(value / 2 ** 32)), uint32(value % 2 ** 32)]);
const ascii = (text: string) => Buffer.from(text, 'latin1');

test('a box has its size in four bytes or in eight, or reaches to the end of what it is in', () => {
  const cases: [string, Buffer, Box[]][] = [
    [
      'two',
      Buffer.concat([box('aaaa', ascii('xy')), box('bbbb')]),
      [
        { type: 'aaaa', at: 8, end: 10 },
        { type: 'bbbb', at: 18, end: 18 },
      ],
    ],
    [
      'a long size',
      Buffer.concat([uint32(1), ascii('aaaa'), uint64(18), ascii('xy'), box('bbbb')]),
      [
        { type: 'aaaa', at: 16, end: 18 },
        { type: 'bbbb', at: 26, end: 26 },
      ],
    ],
    ['to the end', Buffer.concat([uint32(0), ascii('aaaaxyz')]), [{ type: 'aaaa', at: 8, end: 11 }]],
    ['past the end', Buffer.concat([uint32(99), ascii('aaaaxyz')]), [{ type: 'aaaa', at: 8, end: 11 }]],
    [
      'smaller than its head',
      Buffer.concat([box('aaaa'), uint32(7), ascii('bbbb'), box('cccc')]),
      [{ type: 'aaaa', at: 8, end: 8 }],
    ],
    [
      'a long size smaller than its head',
      Buffer.concat([uint32(1), ascii('aaaa'), uint64(15), box('bbbb')]),
      [],
    ],
    ['cut short', box('aaaa').subarray(0, 7), []],
  ];
  for (const [name, file, boxes] of cases) assert.deepEqual([...boxesIn(file, all(file))], boxes, name);
  const file = Buffer.concat([box('aaaa', box('bbbb', ascii('1'))), box('bbbb', ascii('22'))]);
  assert.deepEqual(childOf(file, all(file), 'bbbb'), { type: 'bbbb', at: 25, end: 27 });
  assert.equal(childOf(file, all(file), 'cccc'), undefined);
  const inner = childOf(file, all(file), 'aaaa')!;
  assert.deepEqual([...boxesIn(file, inner)], [{ type: 'bbbb', at: 16, end: 17 }], 'nothing behind it');
});

test('items have their properties by numbers of one byte or two, whether they are essential or not', () => {
  for (const [version, id] of [
    [0, uint16],
    [1, uint32],
    [2, uint32],
  ] as const) {
    const idSize = id(0).length;
    for (const isWide of [false, true]) {
      const number = (value: number) => (isWide ? uint16(value) : Buffer.of(value));
      const [essential, size] = isWide ? [0x8000, 2] : [0x80, 1];
      const last = isWide ? 300 : 127;
      const file = versionBox(
        'ipma',
        version,
        isWide ? 1 : 0,
        uint32(2),
        Buffer.concat([id(7), Buffer.of(2), number(1), number(essential + last)]),
        Buffer.concat([id(40_000), Buffer.of(1), number(5)]),
        ascii('not an item'),
      );
      const ipma = childOf(file, all(file), 'ipma')!;
      const second = 16 + idSize + 1 + 2 * size;
      assert.deepEqual(
        [...associationsIn(file, ipma)],
        [
          { item: 7, properties: [1, last], countAt: 16 + idSize, end: second, isWide },
          {
            item: 40_000,
            properties: [5],
            countAt: second + idSize,
            end: second + idSize + 1 + size,
            isWide,
          },
        ],
      );
      assert.deepEqual(associationOf(file, ipma, 40_000)?.properties, [5]);
      assert.equal(associationOf(file, ipma, 8), undefined);
    }
  }
});

test('items have their types, whichever version counts them and names them', () => {
  for (const [version, count] of [
    [0, uint16],
    [1, uint32],
  ] as const) {
    const file = versionBox(
      'iinf',
      version,
      0,
      count(3),
      versionBox('infe', 2, 0, uint16(1), uint16(0), ascii('av01name\0')),
      versionBox('infe', 3, 0, uint32(70_000), uint16(0), ascii('grid\0')),
      versionBox('infe', 4, 0, uint32(70_001), uint16(0), ascii('hvc1\0')),
    );
    assert.deepEqual(
      [...readItemTypes(file, all(file))],
      [
        [1, 'av01'],
        [70_000, 'grid'],
        [70_001, 'hvc1'],
      ],
    );
  }
  assert.equal(readItemTypes(box('iloc'), all(box('iloc'))).size, 0);
});

test('references go from an item to others, of which one more is read than there may be', () => {
  for (const [version, id] of [
    [0, uint16],
    [1, uint32],
  ] as const) {
    const many = Array.from({ length: 300 }, (_, i) => i);
    const file = versionBox(
      'iref',
      version,
      0,
      box('dimg', id(1), uint16(2), id(2), id(60_000)),
      box('auxl', id(5), uint16(1), id(1)),
      box('dimg', id(6), uint16(many.length), ...many.map(id)),
    );
    assert.deepEqual(readReferences(file, all(file)), [
      { type: 'dimg', from: 1, to: [2, 60_000] },
      { type: 'auxl', from: 5, to: [1] },
      { type: 'dimg', from: 6, to: many.slice(0, 257) },
    ]);
  }
  assert.deepEqual(readReferences(box('iloc'), all(box('iloc'))), []);
});

test('parts of items are found by offsets of every width, and only where they lie in the file itself', () => {
  const number = (size: number, value: number) =>
    size === 0 ? Buffer.alloc(0) : size === 8 ? uint64(value) : size === 2 ? uint16(value) : uint32(value);
  for (const version of [0, 1, 2]) {
    const id = version < 2 ? uint16 : uint32;
    for (const [offset, length, base, index] of [
      [4, 4, 0, 0],
      [4, 4, 4, 4],
      [8, 8, 8, 8],
      [8, 4, 0, 4],
      [4, 0, 4, 0],
      [2, 2, 0, 0],
    ] as const) {
      const method = (value: number) => (version > 0 ? uint16(value) : Buffer.alloc(0));
      const item = (item: number, from: number, way: number, ...offsets: number[]) =>
        Buffer.concat([
          id(item),
          method(way),
          uint16(0),
          number(base, from),
          uint16(offsets.length),
          ...offsets.map((at) =>
            Buffer.concat([number(version > 0 ? index : 0, 9), number(offset, at), number(length, 3)]),
          ),
        ]);
      const file = versionBox(
        'iloc',
        version,
        0,
        Buffer.of((offset << 4) | length, (base << 4) | index), // the last is reserved in version 0
        id(3),
        item(1, 100, 0, 10, 20),
        item(2, 0, 1, 30), // in another box, which a file of version 0 cannot say
        item(3, 200, 0, 40),
      );
      const places = [...placesIn(file, all(file))];
      const of = (from: number) => (base ? from : 0);
      const wanted = [
        [1, of(100), offset, 10],
        [1, of(100), offset, 20],
        ...(version === 0 ? [[2, 0, offset, 30]] : []),
        [3, of(200), offset, 40],
      ];
      assert.deepEqual(
        places.map(({ item, base, size, value }) => [item, base, size, value]),
        wanted,
        `version ${version}: ${offset}, ${length}, ${base}, ${index}`,
      );
      for (const { at, size, value } of places) {
        assert.deepEqual(file.subarray(at, at + size), number(size, value), 'it says where that stands');
      }
    }
  }
  // Offsets of no bytes say nothing.
  const none = fullBox(
    'iloc',
    Buffer.of(0x04, 0x40),
    uint16(1),
    uint16(1),
    uint16(0),
    uint32(7),
    uint16(1),
    uint32(3),
  );
  assert.deepEqual([...placesIn(none, all(none))], []);
  assert.deepEqual([...placesIn(box('iinf'), all(box('iinf')))], []);
});
