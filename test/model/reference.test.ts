/**
 * The model against an independent implementation of the same: Pillow's bicubic resize and a float64 forward pass
 * in NumPy over the same weights, for 58 photos (30 of 100 × 100 and 28 of about 348 × 348 pixels).
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import sharp from 'sharp';
import { openSession } from '../../functions/adapters/onnx.ts';
import { resizeBicubic } from '../../functions/core/photo/resize.ts';
import type { Pixels } from '../../functions/core/ports.ts';
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
  test(`pixels that the graph resizes are within one level of Pillow's`, {
    skip: withoutReference,
  }, async (t) => {
    const session = await InferenceSession.create(encodeResizeOnly());
    const reference = readReference('pixels.npy');
    const size = SIDE * SIDE * 3;
    assert.deepEqual(reference.dims, [12, SIDE, SIDE, 3]);
    let largest = 0;
    let unequal = 0;
    for (let row = 0; row < 12; row++) {
      const { pixels } = await session.run({ image: toTensor(await decode(photos[row]!)) });
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

  test(`pixels that Verger resizes are Pillow's`, { skip: withoutReference }, async () => {
    const { data } = readReference('pixels.npy');
    const size = SIDE * SIDE * 3;
    for (let row = 0; row < 12; row++) {
      const resized = resizeBicubic(await decode(photos[row]!), SIDE, SIDE);
      assert.deepEqual([...resized.data], [...data.subarray(row * size, (row + 1) * size)], photos[row]);
    }
  });

  /** What differs is the pixels that the graph resizes to another level; float32 alone stays near 1e-5. */
  const runners = { 'the graph alone': runBare, Verger: runAsVerger };
  for (const [who, start] of Object.entries(runners)) {
    test(`features by ${who} agree, of all 58 photos`, {
      skip: withoutReference || withoutModel,
    }, async (t) => {
      const run = await start(model?.path ?? '');
      const reference = readReference('features.npy');
      assert.deepEqual(reference.dims, [58, DIMENSION]);
      const found = { cosine: 1, difference: 0 };
      for (const [row, key] of photos.entries()) {
        const features = await run(await decode(key));
        assert.equal(features.length, DIMENSION);
        const expected = reference.data.subarray(row * DIMENSION, (row + 1) * DIMENSION);
        const { cosine, difference } = compare(features, expected);
        found.cosine = Math.min(found.cosine, cosine);
        found.difference = Math.max(found.difference, difference);
      }
      t.diagnostic(`58 photos: smallest cosine ${found.cosine}, largest difference ${found.difference}`);
      assert.ok(found.cosine >= 0.999999, `smallest cosine ${found.cosine}`);
      assert.ok(found.difference <= 0.01, `largest difference ${found.difference}, in a range of 0 to 6`);
    });
  }
});

type Run = (photo: Pixels) => Promise<Float32Array>;

async function runBare(path: string): Promise<Run> {
  const session = await InferenceSession.create(path, { intraOpNumThreads: 1 });
  return async (photo) => (await session.run({ image: toTensor(photo) })).features!.data as Float32Array;
}

async function runAsVerger(path: string): Promise<Run> {
  const session = await openSession(path);
  return (photo) => session.run(photo);
}

function readPhotoNames(): string[] {
  const index = JSON.parse(readFileSync(new URL('index.json', REFERENCE), 'utf8'));
  assert.equal(index.images.length, 58);
  return index.images.map(({ file }: { file: string }) => file);
}

function readReference(name: string) {
  return readNpy(readFileSync(new URL(name, REFERENCE)), name);
}

/** The photo at its full size, as the reference had it. */
async function decode(file: string): Promise<Pixels> {
  const bytes = readFileSync(new URL(file.split('/').map(encodeURIComponent).join('/'), SHARED));
  const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
  assert.equal(info.channels, 3);
  return { data, width: info.width, height: info.height };
}

function toTensor({ data, width, height }: Pixels): Tensor {
  return new Tensor('uint8', data, [1, height, width, 3]);
}
