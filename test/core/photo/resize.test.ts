import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { resizeBicubic } from '../../../functions/core/photo/resize.ts';
import { resizeLikePillow } from '../../fixtures/pillow-resize.ts';

interface Golden {
  pillow: string;
  resized: {
    width: number;
    height: number;
    seed: number;
    levels: number;
    toWidth: number;
    toHeight: number;
    sha256: string;
  }[];
}

const GOLDEN = new URL('../../golden/resize/digests.json', import.meta.url);
const golden = JSON.parse(readFileSync(GOLDEN, 'utf8')) as Golden;

describe(`resized photos are those of Pillow ${golden.pillow}, to the byte`, () => {
  for (const { width, height, seed, levels, toWidth, toHeight, sha256 } of golden.resized) {
    test(`${width} × ${height} to ${toWidth} × ${toHeight}, noise of ${levels} levels`, () => {
      const data = noise(width, height, seed, levels);
      const found = resizeBicubic({ data, width, height }, toWidth, toHeight);
      assert.deepEqual([found.width, found.height], [toWidth, toHeight]);
      assert.equal(found.data.length, 3 * toWidth * toHeight);
      assert.equal(createHash('sha256').update(found.data).digest('hex'), sha256);
    });
  }
});

test('a photo of any size is resized to any other as Resample.c does it, and is itself left alone', () => {
  const side = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 400 }));
  const seeds = fc.nat({ max: 1_000_000 });
  fc.assert(
    fc.property(side, side, side, side, seeds, (width, height, toWidth, toHeight, seed) => {
      const data = noise(width, height, seed, seed % 2 === 0 ? 2 : 256);
      const before = data.slice();
      const found = resizeBicubic({ data, width, height }, toWidth, toHeight);
      const expected = resizeLikePillow(data, width, height, toWidth, toHeight);
      assert.ok(Buffer.from(found.data).equals(expected));
      assert.deepEqual(data, before);
    }),
    { seed: 11, numRuns: 60 },
  );
});

test('a photo of the right size stays as it is', () => {
  const photo = { data: noise(224, 224, 1, 256), width: 224, height: 224 };
  assert.deepEqual(resizeBicubic(photo, 224, 224), photo);
});

test('pixels may lie anywhere in a larger buffer', () => {
  const [width, height] = [37, 29];
  const data = noise(width, height, 3, 256);
  const larger = new Uint8Array(data.length + 200).fill(255);
  larger.set(data, 101);
  const inside = larger.subarray(101, 101 + data.length);
  assert.deepEqual(
    resizeBicubic({ data: inside, width, height }, 20, 20),
    resizeBicubic({ data, width, height }, 20, 20),
  );
});

test('black stays black, white white and grey grey, to the last row and column', () => {
  for (const level of [0, 128, 255]) {
    const photo = { data: new Uint8Array(613 * 419 * 3).fill(level), width: 613, height: 419 };
    assert.ok(resizeBicubic(photo, 224, 224).data.every((value) => value === level));
  }
});

/** uint8 [height × width × 3], as make.py has it. */
function noise(width: number, height: number, seed: number, levels: number): Uint8Array {
  const samples = new Uint8Array(width * height * 3);
  for (let i = 0; i < samples.length; i++) {
    let x = i + seed;
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    x = (x ^ (x >>> 16)) >>> 24;
    samples[i] = levels === 256 ? x : (x & 1) * 255;
  }
  return samples;
}
