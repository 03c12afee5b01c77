/** GIFs written byte by byte, of 3 × 3 pixels with one pixel of a frame in the middle: what is around it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodePhoto } from '../../../functions/core/photo/photo.ts';

const FIRST = [10, 20, 30];
const PIXEL = [200, 100, 50];
const LOCAL = [1, 2, 3];
const WHITE = [255, 255, 255];
const comment = Buffer.from('\x21\xfe\x03\xff\xff\xff\0', 'latin1');
const control = (isTransparent: boolean) => Buffer.of(0x21, 0xf9, 4, isTransparent ? 1 : 0, 0, 0, 0, 0);

interface Gif {
  before?: Buffer[];
  at?: [left: number, top: number];
  hasLocalTable?: boolean;
  behind?: Buffer[];
}

function gif({ before = [], at: [left, top] = [1, 1], hasLocalTable = false, behind = [] }: Gif): Buffer {
  return Buffer.concat([
    Buffer.from('GIF89a\x03\0\x03\0\x80\0\0', 'latin1'),
    Buffer.of(...FIRST, ...PIXEL),
    ...before,
    Buffer.of(0x2c, left, 0, top, 0, 1, 0, 1, 0, hasLocalTable ? 0x80 : 0),
    hasLocalTable ? Buffer.of(...LOCAL, ...PIXEL) : Buffer.alloc(0),
    Buffer.of(2, 2, 0x4c, 0x01, 0), // LZW: clear, colour 1, end
    ...behind,
    Buffer.of(0x3b),
  ]);
}

/** The colours of the nine pixels. */
async function decoded(file: Buffer): Promise<number[][]> {
  const { pixels } = await decodePhoto(file, { maxBytes: 1000, maxPixels: 1000 });
  assert.deepEqual([pixels.width, pixels.height], [3, 3]);
  return Array.from({ length: 9 }, (_, i) => [...pixels.data.subarray(3 * i, 3 * i + 3)]);
}

const around = (colour: number[], at: number) =>
  Array.from({ length: 9 }, (_, i) => (i === at ? PIXEL : colour));

test('around the first frame is the first colour of its table, or white where it has a transparent one', async () => {
  const frame = gif({}).subarray(19, -1);
  const cases: [string, Gif, number[]][] = [
    ['nothing before it', {}, FIRST],
    ['a table of its own', { hasLocalTable: true }, LOCAL],
    ['a control without transparency', { before: [control(false)] }, FIRST],
    ['a transparent colour', { before: [control(true)] }, WHITE],
    ['a transparent colour and a table', { before: [control(true)], hasLocalTable: true }, WHITE],
    ['a comment', { before: [comment] }, FIRST],
    ['a comment before transparency', { before: [comment, control(true)] }, WHITE],
    ['a comment behind transparency', { before: [control(true), comment] }, WHITE],
    ['a second frame', { behind: [control(true), frame] }, FIRST],
  ];
  for (const [name, file, colour] of cases)
    assert.deepEqual(await decoded(gif(file)), around(colour, 4), name);
});

test('a frame lies where it says', async () => {
  for (let at = 0; at < 9; at++) {
    assert.deepEqual(await decoded(gif({ at: [at % 3, Math.floor(at / 3)] })), around(FIRST, at));
  }
});
