import assert from 'node:assert/strict';
import { test } from 'node:test';
import { turned } from '../../../functions/core/photo/decode-avif.ts';
import type { Turn } from '../../../functions/core/photo/heif-picture.ts';
import type { Pixels } from '../../../functions/core/ports.ts';

/** Each turn by itself, pixel by pixel, as ISO/IEC 23008-12 describes it (6.5.10, 6.5.12). */
function onceMore({ data, width, height }: Pixels, { type, value }: Turn): Pixels {
  const isAcross = type === 'irot' && value % 2 === 1;
  const [w, h] = isAcross ? [height, width] : [width, height];
  const from = (x: number, y: number): [number, number] => {
    if (type === 'imir') return value === 0 ? [x, height - 1 - y] : [width - 1 - x, y];
    if (value === 1) return [width - 1 - y, x];
    if (value === 2) return [width - 1 - x, height - 1 - y];
    return value === 3 ? [y, height - 1 - x] : [x, y];
  };
  const out = new Uint8Array(data.length);
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      const [fromX, fromY] = from(x, y);
      out.set(data.subarray(3 * (fromY * width + fromX), 3 * (fromY * width + fromX + 1)), 3 * (y * w + x));
    }
  }
  return { data: out, width: w, height: h };
}

test('turns in any order, and any number of them, are what each does after the other', async () => {
  const picture: Pixels = { data: Uint8Array.from({ length: 18 }, (_, at) => at), width: 3, height: 2 };
  const kinds: Turn[] = [
    ...[0, 1, 2, 3].map((value) => ({ type: 'irot', value })),
    ...[0, 1].map((value) => ({ type: 'imir', value })),
  ];
  const lists = [[], ...kinds.map((turn) => [turn])];
  for (const first of kinds)
    for (const second of kinds) for (const third of kinds) lists.push([first, second, third]);
  lists.push(Array.from({ length: 101 }, (_, at) => kinds[(at * at) % 6]!));
  for (const turns of lists) {
    const { data, width, height } = await turned(picture, turns);
    const expected = turns.reduce(onceMore, picture);
    assert.deepEqual(
      { data: [...data], width, height },
      { ...expected, data: [...expected.data] },
      JSON.stringify(turns),
    );
  }
});
