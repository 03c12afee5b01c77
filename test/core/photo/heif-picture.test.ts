/** What a HEIF says of its primary picture, and what it takes to decode it: boxes alone, no pictures in them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countCodedPixels } from '../../../functions/core/photo/heif-cost.ts';
import { readHeifPicture, withProperty } from '../../../functions/core/photo/heif-picture.ts';
import { recognizeFormat } from '../../../functions/core/photo/photo-header.ts';
import { box, fullBox, uint16, uint32, versionBox } from '../../fixtures/boxes.ts';

const ispe = (width: number, height: number) => fullBox('ispe', uint32(width), uint32(height));
const colour = (kind: string, ...rest: number[]) => box('colr', Buffer.from(kind), Buffer.of(...rest));

interface File {
  primary?: number;
  /** By its number: how it is coded, its properties by number, and where its data begin. */
  items: Record<number, [type: string, properties: number[], at?: number]>;
  properties: Buffer[];
  references?: [type: string, from: number, ...to: number[]][];
  /** Boxes to leave out. */
  without?: string[];
  /** Puts the table of properties' numbers first. */
  isReversed?: boolean;
  isWide?: boolean;
  /** The primary picture's number in four bytes, and offsets in eight. */
  isLong?: boolean;
}

/** A HEIF without any data. */
function heif({ primary = 1, items, properties, references = [], without = [], ...how }: File): Buffer {
  const ids = Object.keys(items).map(Number);
  const number = (value: number) => (how.isWide ? uint16(value) : Buffer.of(value));
  const kept = (boxes: Buffer[]) => boxes.filter((each) => !without.includes(each.toString('latin1', 4, 8)));
  const parts = kept([
    box('ipco', ...properties),
    versionBox(
      'ipma',
      0,
      how.isWide ? 1 : 0,
      uint32(ids.length),
      ...ids.map((id) =>
        Buffer.concat([uint16(id), Buffer.of(items[id]![1].length), ...items[id]![1].map(number)]),
      ),
    ),
  ]);
  const infos = ids.map((id) =>
    versionBox('infe', 2, 0, uint16(id), uint16(0), Buffer.from(`${items[id]![0]}\0`)),
  );
  const places = ids.map((id) =>
    Buffer.concat([
      ...[id, 0, 1].map(uint16),
      Buffer.alloc(how.isLong ? 4 : 0),
      uint32(items[id]![2] ?? 0),
      uint32(4),
    ]),
  );
  const meta = kept([
    how.isLong ? versionBox('pitm', 1, 0, uint32(primary)) : fullBox('pitm', uint16(primary)),
    fullBox('iinf', uint16(ids.length), ...infos),
    fullBox(
      'iref',
      ...references.map(([type, from, ...to]) =>
        box(type, uint16(from), uint16(to.length), ...to.map(uint16)),
      ),
    ),
    box('iprp', ...(how.isReversed ? parts.reverse() : parts)),
    fullBox('iloc', Buffer.of(how.isLong ? 0x84 : 0x44, 0), uint16(ids.length), ...places),
  ]);
  return Buffer.concat([box('ftyp', Buffer.from('mif1\0\0\0\0mif1', 'latin1')), fullBox('meta', ...meta)]);
}

test('the primary picture is described by its own properties', () => {
  const icc = colour('prof', 1, 2, 3);
  const nclx = colour('nclx', 0, 9, 0, 16, 0, 9, 0x80);
  const av1c = box('av1C', Buffer.of(0x81, 0, 0x0c, 0));
  const described: File = {
    primary: 2,
    items: { 1: ['hvc1', [1], 500], 2: ['av01', [6, 8, 3, 2, 4, 5, 10, 7], 700], 3: ['hvc1', [1], 900] },
    properties: [
      ispe(9, 9),
      ispe(640, 480),
      icc,
      nclx,
      av1c,
      box('uuid', Buffer.from('nclx prof')),
      box('irot', Buffer.of(0xfd)),
      box('imir', Buffer.of(1)),
      box('irot', Buffer.of(2)),
      box('irot'),
    ],
    references: [
      ['prem', 3, 1],
      ['auxl', 2, 1],
      ['auxl', 3, 2],
    ],
  };
  for (const isLong of [false, true]) {
    const file = heif({ ...described, isLong });
    const { nclxAt, av1cAt, turnsAt, ...picture } = readHeifPicture(file)!;
    assert.deepEqual(picture, {
      coding: 'av01',
      width: 640,
      height: 480,
      dataAt: 700,
      icc: Buffer.of(1, 2, 3),
      isPremultiplied: false,
      turns: [
        { type: 'imir', value: 1 },
        { type: 'irot', value: 1 },
      ],
    });
    assert.deepEqual(file.subarray(nclxAt, nclxAt! + 7), nclx.subarray(12));
    assert.deepEqual(file.subarray(av1cAt, av1cAt! + 4), av1c.subarray(8));
    assert.deepEqual(
      turnsAt.map((at) => file[at]),
      [0xfd, 1, 2],
    );
    assert.equal(countCodedPixels(file), 640 * 480 + 81);
  }
  const bare = readHeifPicture(
    heif({ items: { 1: ['jpeg', [1]] }, properties: [ispe(5, 4)], without: ['iloc'] }),
  )!;
  assert.deepEqual(
    [bare.nclxAt, bare.av1cAt, bare.dataAt, bare.icc],
    [undefined, undefined, undefined, undefined],
  );
});

test('colours are multiplied by alpha where the primary picture says so, and not another one', () => {
  const file = (...references: [string, number, number][]) =>
    readHeifPicture(
      heif({ items: { 1: ['hvc1', [1]], 2: ['hvc1', [1]] }, properties: [ispe(5, 4)], references }),
    );
  assert.equal(file(['auxl', 2, 1], ['prem', 1, 2])?.isPremultiplied, true);
  assert.equal(file(['auxl', 1, 2], ['prem', 2, 1])?.isPremultiplied, false);
  assert.equal(file()?.isPremultiplied, false);
});

test('a picture derived from others is coded as the first of them, through four steps at most', () => {
  const chain = (...types: string[]) => {
    const items = Object.fromEntries(
      types.map((type, i) => [i + 1, [type, [i + 1], 100 * (i + 1)] as [string, number[], number]]),
    );
    // Other references, and other items', stand before.
    const others: [string, number, ...number[]][] = [
      ['thmb', 1, types.length],
      ['dimg', 99, types.length],
    ];
    const steps = types.slice(1).map((_, i): [string, number, ...number[]] => ['dimg', i + 1, i + 2, 99]);
    const properties = types.map((_, i) => (i < types.length - 1 ? ispe(640, 480) : ispe(64, 64)));
    const read = readHeifPicture(heif({ items, properties, references: [...others, ...steps] }))!;
    return [read.coding, read.width, read.dataAt];
  };
  assert.deepEqual(chain('grid', 'hvc1'), ['hvc1', 640, 200]);
  assert.deepEqual(chain('iden', 'iovl', 'tmap', 'grid', 'av01'), ['av01', 640, 500]);
  assert.deepEqual(chain('iden', 'iden', 'iden', 'iden', 'iden', 'av01'), ['iden', 640, 500]);
  assert.deepEqual(chain('jpeg', 'hvc1'), ['jpeg', 640, 100]);
  const alone = heif({ items: { 1: ['grid', [1], 7] }, properties: [ispe(8, 9)] });
  assert.equal(readHeifPicture(alone)?.coding, 'grid', 'of nothing');
  assert.equal(
    readHeifPicture(heif({ items: { 1: ['hvc1', [1]] }, properties: [ispe(8, 9)], without: ['iinf'] }))
      ?.coding,
    '',
  );
});

test('a tile’s colours are the picture’s where it has none of its own', () => {
  const [own, tile] = [colour('nclx', 0, 1, 0, 1, 0, 1, 0), colour('nclx', 0, 9, 0, 9, 0, 9, 0)];
  const file = (properties: number[]) => {
    const all = heif({
      items: { 1: ['grid', properties], 2: ['av01', [1, 3]] },
      properties: [ispe(64, 64), own, tile],
      references: [['dimg', 1, 2]],
    });
    const { nclxAt = 0 } = readHeifPicture(all)!;
    return all[nclxAt + 1];
  };
  assert.deepEqual([file([1]), file([1, 2])], [9, 1]);
});

test('there is no picture where a box is missing that says which, or how large', () => {
  const file: File = { items: { 1: ['hvc1', [1]] }, properties: [ispe(640, 480)] };
  assert.equal(readHeifPicture(heif(file))?.width, 640);
  for (const name of ['pitm', 'iprp', 'ipco', 'ipma']) {
    const without = heif({ ...file, without: [name] });
    assert.equal(readHeifPicture(without), undefined, name);
    assert.equal(countCodedPixels(without), 0, name);
    assert.equal(withProperty(without, box('prop')), undefined, name);
    assert.equal(recognizeFormat(without), 'heic', 'by its brand');
  }
  for (const strange of [
    heif({ ...file, primary: 5 }),
    heif({ ...file, items: { 1: ['hvc1', []] } }),
    heif({ ...file, items: { 1: ['hvc1', [2]] } }),
    box('ftyp', Buffer.from('mif1\0\0\0\0mif1', 'latin1')),
  ]) {
    assert.equal(readHeifPicture(strange), undefined);
    assert.equal(countCodedPixels(strange), 0);
  }
  // Cut short anywhere, it is described or not, and never more than that.
  const whole = heif(file);
  for (let length = 0; length < whole.length; length++) {
    const { width = 640 } = readHeifPicture(whole.subarray(0, length)) ?? {};
    assert.equal(width, 640);
    assert.ok(countCodedPixels(whole.subarray(0, length)) <= 640 * 480);
  }
});

test('the pixels of a picture are those of all that it is made of, as often as they are in it', () => {
  const count = (primary: number, references: [string, number, ...number[]][]) =>
    countCodedPixels(
      heif({
        primary,
        items: {
          1: ['hvc1', [1]], // 100
          2: ['hvc1', [2]], // 20
          3: ['grid', [1]],
          4: ['iovl', [1]],
          5: ['iden', [1]],
          6: ['tmap', [1]],
          7: ['hvc1', [1, 2, 3]],
        },
        properties: [ispe(10, 10), ispe(4, 5), box('irot', Buffer.alloc(12, 255))],
        references,
      }),
    );
  assert.equal(count(1, []), 100);
  assert.equal(count(7, []), 100, 'the largest of what it says, of its size alone');
  for (const derived of [3, 4, 5, 6]) {
    assert.equal(count(derived, [['dimg', derived, 2, 2, 1]]), 140, 'once for each');
    assert.equal(count(derived, [['thmb', derived, 2]]), 0, 'of nothing');
  }
  assert.equal(
    count(3, [
      ['dimg', 3, 4, 4],
      ['dimg', 4, 5],
      ['dimg', 5, 2],
    ]),
    40,
    'of what is derived itself',
  );
  assert.equal(
    count(3, [
      ['dimg', 3, 1],
      ['dimg', 3, 2],
    ]),
    120,
    'in two boxes',
  );
  assert.equal(count(3, [['dimg', 3, 3, 2]]), 20, 'of itself');
  assert.equal(count(1, [['dimg', 1, 2, 2]]), 100, 'what is coded is not derived');
  // The largest of alpha, depth and gain maps is decoded with it; pictures of others, and thumbnails, are not.
  assert.equal(
    count(1, [
      ['auxl', 2, 1],
      ['auxl', 7, 1],
    ]),
    200,
  );
  assert.equal(
    count(1, [
      ['auxl', 7, 1],
      ['auxl', 2, 1],
    ]),
    200,
  );
  assert.equal(
    count(1, [
      ['auxl', 7, 2],
      ['thmb', 7, 1],
      ['cdsc', 7, 1],
    ]),
    100,
  );
});

test('a picture of more than a thousand others costs more than any may', () => {
  const made = (parts: number) =>
    countCodedPixels(
      heif({
        items: {
          1: ['grid', [1]],
          ...Object.fromEntries(Array.from({ length: parts }, (_, i) => [i + 2, ['hvc1', [1]]])),
        },
        properties: [ispe(1, 1)],
        references: [0, 250, 500, 750, 1000].map((from): [string, number, ...number[]] => [
          'dimg',
          1,
          ...Array.from({ length: Math.max(0, Math.min(250, parts - from)) }, (_, i) => from + i + 2),
        ]),
      }),
    );
  assert.equal(made(1000), 1000);
  assert.equal(made(1001), Number.POSITIVE_INFINITY);
});

test('a property is added behind the others, to the primary picture, and what moves is found again', () => {
  const added = box('colr', Buffer.from('nclx\0\x02\0\x02\0\0\x80', 'latin1'));
  for (const [isWide, isLong, primary] of [
    [false, false, 2],
    [true, true, 2],
    [false, true, 3],
  ] as const) {
    const file: File = {
      primary,
      items: { 1: ['hvc1', [1], 900], 2: ['hvc1', [2], 950], 3: ['hvc1', [1], 10] },
      properties: [ispe(64, 48), ispe(32, 24)],
      isWide,
      isLong,
    };
    const shift = added.length + (isWide ? 2 : 1);
    const items: File['items'] = {
      1: ['hvc1', [1], 900 + shift],
      2: ['hvc1', primary === 2 ? [2, 3] : [2], 950 + shift],
      3: ['hvc1', primary === 3 ? [1, 3] : [1], 10],
    };
    const wanted = heif({ ...file, items, properties: [...file.properties, added] });
    assert.deepEqual(withProperty(heif(file), added), wanted);
  }
});

test('no property is added where there are 127, where their numbers come first, or to what is not there', () => {
  const file = (properties: number, more: Partial<File> = {}): File => ({
    items: { 1: ['hvc1', [1], 5000] },
    properties: [ispe(64, 48), ...Array.from({ length: properties - 1 }, () => box('free'))],
    ...more,
  });
  const added = box('prop');
  assert.notEqual(withProperty(heif(file(126)), added), undefined);
  assert.equal(withProperty(heif(file(127)), added), undefined);
  assert.equal(withProperty(heif(file(3, { isReversed: true })), added), undefined);
  assert.equal(withProperty(heif(file(3, { primary: 2 })), added), undefined);
  assert.equal(withProperty(box('ftyp'), added), undefined);
});
