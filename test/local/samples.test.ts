import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import sharp from 'sharp';
import { samplePhotos } from '../../local/run/photos.ts';

const photos = await samplePhotos();
/** The photos of each kind, decoded: Uint8 [100 × 100 × 3]. */
const kinds = new Map<string, Uint8Array[]>();
for (const { path, key } of photos) {
  const kind = key.split('/')[0]!;
  kinds.set(kind, [...(kinds.get(kind) ?? []), await sharp(path).raw().toBuffer()]);
}

type Rgb = [red: number, green: number, blue: number];

test('the samples are 240 photos: 15 kinds, 16 different ones of each, named by number', () => {
  assert.equal(photos.length, 240);
  assert.deepEqual([...new Set([...kinds.values()].map((views) => views.length))], [16]);
  assert.equal(kinds.size, 15);
  assert.equal(photos[0]?.key, 'Apple Golden/000.jpg');
  assert.equal(photos.at(-1)?.key, 'Watermelon/015.jpg');
  const contents = photos.map(({ path }) => createHash('sha256').update(readFileSync(path)).digest('hex'));
  assert.equal(new Set(contents).size, 240);
});

test('the samples are 100 × 100 JPEGs of about 1 MB in all', async () => {
  for (const { path } of photos) {
    const { format, width, height, space } = await sharp(path).metadata();
    assert.deepEqual([format, width, height, space], ['jpeg', 100, 100, 'srgb'], path);
  }
  const bytes = photos.reduce((sum, { path }) => sum + readFileSync(path).length, 0);
  assert.ok(bytes > 0.5e6 && bytes < 1.2e6, `${bytes} bytes`);
});

test('the samples show one fruit on paper that is white in every corner', () => {
  for (const [kind, views] of kinds) {
    for (const [view, pixels] of views.entries()) {
      for (const corner of [0, 99, 9900, 9999]) {
        assert.deepEqual(
          [...pixels.subarray(corner * 3, corner * 3 + 3)],
          [255, 255, 255],
          `${kind} ${view}`,
        );
      }
      // A thin banana covers 12 % of its photo, an orange 64 %: neither an empty nor a full frame.
      const share = fruitPixels(pixels).length / 10_000;
      assert.ok(share > 0.1 && share < 0.75, `${kind} ${view}: fruit covers ${share}`);
    }
  }
});

test('the kinds are told apart by mean colour alone, mostly', () => {
  const means = [...kinds].map(([kind, views]) => ({ kind, mean: meanColour(views.flatMap(fruitPixels)) }));
  let right = 0;
  for (const [kind, views] of kinds) {
    for (const pixels of views) {
      const mean = meanColour(fruitPixels(pixels));
      const [nearest] = means.toSorted((a, b) => distance(a.mean, mean) - distance(b.mean, mean));
      if (nearest?.kind === kind) right++;
    }
  }
  // By chance it would be one in 15.
  assert.ok(right / photos.length > 0.9, `${right} of ${photos.length}`);
});

/** The pixels that are coloured or dark: not the paper, nor but the deepest of its shadow. */
function fruitPixels(pixels: Uint8Array): Rgb[] {
  const found: Rgb[] = [];
  for (let i = 0; i < pixels.length; i += 3) {
    const rgb: Rgb = [pixels[i]!, pixels[i + 1]!, pixels[i + 2]!];
    if (Math.min(...rgb) < 200) found.push(rgb);
  }
  return found;
}

function meanColour(pixels: Rgb[]): Rgb {
  const mean = (channel: 0 | 1 | 2) => pixels.reduce((sum, rgb) => sum + rgb[channel], 0) / pixels.length;
  return [mean(0), mean(1), mean(2)];
}

function distance(a: Rgb, b: Rgb): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}
