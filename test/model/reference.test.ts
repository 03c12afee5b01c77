/**
 * The model against an independent implementation of the same: Pillow's bicubic resize and a float64 forward pass
 * in NumPy over the same weights, for 58 photos (30 of 100 × 100 and 28 of about 348 × 348 pixels).
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { before, describe, test } from 'node:test';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import sharp from 'sharp';
import { readNpy } from '../../model/npy.ts';
import { encodeResizeOnly, SIDE } from '../../model/preprocessing.ts';
import { compare } from './compare.ts';
import { findImagenetForTests } from './imagenet.ts';

const SHARED = new URL('../../../shared/', import.meta.url);
const REFERENCE = new URL('reference/features/', SHARED);
const DIMENSION = 1280;

const { model, skip: withoutModel } = await findImagenetForTests();
const withoutReference = existsSync(REFERENCE) ? false : 'needs ../shared/reference/features';
const photos = withoutReference ? [] : readPhotoNames();

describe('against Pillow and NumPy', () => {
  test(`resized pixels are within one level of Pillow's`, { skip: withoutReference }, async (t) => {
    const session = await InferenceSession.create(encodeResizeOnly());
    const reference = readReference('pixels.npy');
    const size = SIDE * SIDE * 3;
    assert.deepEqual(reference.dims, [12, SIDE, SIDE, 3]);
    let largest = 0;
    let unequal = 0;
    for (let row = 0; row < 12; row++) {
      const { pixels } = await session.run({ image: await decode(photos[row]!) });
      const planes = pixels!.data as Uint8Array;
      for (let i = 0; i < size; i++) {
        const place = Math.floor(i / 3) + (i % 3) * SIDE * SIDE;
        const difference = Math.abs(planes[place]! - reference.data[row * size + i]!);
        largest = Math.max(largest, difference);
        if (difference > 0) unequal++;
      }
    }
    t.diagnostic(`12 photos: largest difference ${largest} level, ${unequal} of ${12 * size} values unequal`);
    assert.ok(largest <= 1, `largest difference ${largest} levels`);
  });

  describe('features', { skip: withoutReference || withoutModel }, () => {
    const found = { cosine: 1, difference: 0 };

    before(async () => {
      if (!model || withoutReference) return;
      const session = await InferenceSession.create(model.path, { intraOpNumThreads: 1 });
      const reference = readReference('features.npy');
      assert.deepEqual(reference.dims, [58, DIMENSION]);
      for (const [row, photo] of photos.entries()) {
        const { features } = await session.run({ image: await decode(photo) });
        assert.deepEqual(features!.dims, [1, DIMENSION]);
        const expected = reference.data.subarray(row * DIMENSION, (row + 1) * DIMENSION);
        const { cosine, difference } = compare(features!.data as Float32Array, expected);
        found.cosine = Math.min(found.cosine, cosine);
        found.difference = Math.max(found.difference, difference);
      }
    });

    // What remains is the pixels that differ by one level; float32 alone would stay near 1e-5.
    test('of all 58 photos have a cosine of at least 0.999999 to the reference', (t) => {
      t.diagnostic(`58 photos: smallest cosine ${found.cosine}`);
      assert.ok(found.cosine >= 0.999999, `smallest cosine ${found.cosine}`);
    });

    test('of all 58 photos differ nowhere by more than 0.01, in a range of 0 to 6', (t) => {
      t.diagnostic(`58 photos × ${DIMENSION} features: largest difference ${found.difference}`);
      assert.ok(found.difference <= 0.01, `largest difference ${found.difference}`);
    });
  });
});

function readPhotoNames(): string[] {
  const index = JSON.parse(readFileSync(new URL('index.json', REFERENCE), 'utf8'));
  assert.equal(index.images.length, 58);
  return index.images.map(({ file }: { file: string }) => file);
}

function readReference(name: string) {
  return readNpy(readFileSync(new URL(name, REFERENCE)), name);
}

/** The photo at its full size, as the reference had it. */
async function decode(file: string): Promise<Tensor> {
  const bytes = readFileSync(new URL(file.split('/').map(encodeURIComponent).join('/'), SHARED));
  const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
  assert.equal(info.channels, 3);
  return new Tensor('uint8', data, [1, info.height, info.width, 3]);
}
