/** Colours that no screen has, as libyuv's arithmetic ends them; the others are Pillow's, in photo-pillow.test.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { convertAsLibyuv } from '../../../functions/core/photo/libyuv.ts';

test('levels below black and above white end there', () => {
  const kind = { matrix: 'bt601', isFullRange: true, isHalvedAcross: false, isHalvedDown: false } as const;
  const cases: [cr: number, luma: number, cb: number, number[]][] = [
    [0, 0, 0, [0, 135, 0]], // 0.344 × 128 + 0.714 × 128
    [255, 255, 255, [255, 121, 255]],
    [255, 0, 255, [179, 0, 226]], // 1.402 × 127, 1.772 × 127
    [128, 0, 128, [0, 0, 0]],
    [128, 255, 128, [255, 255, 255]],
  ];
  for (const [cr, luma, cb, wanted] of cases) {
    const pixel = Uint8Array.of(cr, luma, cb, 77);
    convertAsLibyuv(pixel, 1, 1, 4, kind);
    // Factors have 6 bits behind the point: within 2 levels of BT.601's own.
    for (const [channel, level] of wanted.entries()) {
      assert.ok(Math.abs(pixel[channel]! - level) <= 2, `${[cr, luma, cb]}: ${pixel}, not ${wanted}`);
    }
    assert.equal(pixel[3], 77, 'alpha stays');
  }
});
