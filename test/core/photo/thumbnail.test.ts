/** Small pictures: how large they are, which way up, and what reading them takes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { encodeThumbnail, pixelsHeld, readSmall } from '../../../functions/core/photo/thumbnail.ts';
import { flat, patch, QUADRANTS, quadrants, scene } from '../../fixtures/photos.ts';

const limits = { maxBytes: 1e6, maxPixels: 1e6 };

test('small pixels are at most 128 a side, in proportion, upright, and no larger than the photo', async () => {
  const cases: [Buffer, number, number][] = [
    [await quadrants(640, 320).jpeg().toBuffer(), 128, 64],
    [await quadrants(640, 320).withMetadata({ orientation: 6 }).jpeg().toBuffer(), 64, 128],
    [await quadrants(640, 320).png().toBuffer(), 128, 64],
    [await quadrants(30, 20).jpeg().toBuffer(), 30, 20],
    [await quadrants(30, 20).webp().toBuffer(), 30, 20],
    [await quadrants(640, 320).toColourspace('b-w').jpeg().toBuffer(), 128, 64],
    [await quadrants(640, 320).toColourspace('cmyk').jpeg().toBuffer(), 128, 64],
  ];
  for (const [file, width, height] of cases) {
    const small = await readSmall(file, limits);
    assert.deepEqual([small.width, small.height, small.data.length], [width, height, 3 * width * height]);
  }
  const { data } = await readSmall(cases[1]![0], limits);
  // Orientation 6: the left half of what is stored is above, its lower quarter left. JPEG's levels are near.
  for (const [channel, level] of QUADRANTS[2].entries()) assert.ok(Math.abs(data[channel]! - level) < 12);
});

test('a JPEG is shrunk as it is where it is damaged at its end, and what is refused for features is refused', async () => {
  const jpeg = await scene(640, 320).jpeg().toBuffer();
  assert.equal((await readSmall(jpeg.subarray(0, -200), limits)).width, 128);
  await assert.rejects(readSmall(jpeg, { ...limits, maxPixels: 640 * 320 - 1 }), {
    reason: 'too-many-pixels',
  });
  await assert.rejects(readSmall(Buffer.of(0xff, 0, 1), limits), { reason: 'unsupported-format' });
  await assert.rejects(readSmall(Buffer.of(0, 0xd8, 1), limits), { reason: 'unsupported-format' });
});

test('a photo takes its pixels, twice where the decoder holds it whole, and without bound where it does not say', async () => {
  const photo = () => flat([1, 2, 3], 40, 30);
  const deep = await photo().toColourspace('rgb16').png({ progressive: true }).toBuffer();
  const png = await photo().png().toBuffer();
  const held = [await photo().jpeg().toBuffer(), png, await photo().avif().toBuffer(), deep].map(pixelsHeld);
  assert.deepEqual(held, [1200, 1200, 2400, 2400]);
  assert.equal(pixelsHeld(Buffer.from('text')), Number.POSITIVE_INFINITY);
  assert.equal(pixelsHeld(patch(png, 12, Buffer.from('CgBI'))), Number.POSITIVE_INFINITY);
});

test('a thumbnail fits into its square, keeps a pixel of each side, and is not enlarged', async () => {
  for (const [width, height, side, ...wanted] of [
    [128, 64, 64, 64, 32],
    [64, 128, 64, 32, 64],
    [30, 20, 64, 30, 20],
    [128, 1, 64, 64, 1],
    [100, 60, 64, 64, 38],
  ] as const) {
    const data = new Uint8Array(3 * width * height).fill(90);
    const webp = await encodeThumbnail({ data, width, height }, side);
    const { format, ...seen } = await sharp(webp).metadata();
    assert.deepEqual([format, seen.width, seen.height], ['webp', ...wanted]);
    assert.ok((await sharp(webp).raw().toBuffer()).every((level) => Math.abs(level - 90) < 4));
  }
});
