import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { seeded } from '../../functions/core/seeded.ts';
import { encodeResizeOnly } from '../../model/preprocessing.ts';
import { resizeLikePillow } from '../fixtures/pillow-resize.ts';

const SIDE = 224;
let session: InferenceSession;

before(async () => {
  session = await InferenceSession.create(encodeResizeOnly());
});

/** @returns planes, uint8 [3 × 224 × 224] */
async function resize(image: Uint8Array, height: number, width: number): Promise<Uint8Array> {
  const { pixels } = await session.run({ image: new Tensor('uint8', image, [1, height, width, 3]) });
  assert.deepEqual(pixels!.dims, [1, 3, SIDE, SIDE]);
  return pixels!.data as Uint8Array;
}

// Enlarged, shrunk, one of each, one side already right, long and thin, a single pixel, and a telephone's 12 megapixels
// on one side only.
for (const [height, width] of [
  [100, 100],
  [348, 464],
  [100, 700],
  [224, 91],
  [500, 224],
  [224, 224],
  [3, 2],
  [1, 1],
  [2, 3000],
  [4032, 8],
] as const) {
  test(`${height} × ${width} pixels are resized as Pillow's bicubic does it, to one level`, async () => {
    const random = seeded(height * 10_000 + width);
    // Black and white noise: the cubic overshoots on it by up to 70 levels, so that clamping matters.
    const image = new Uint8Array(height * width * 3).map(() => (random() < 0.5 ? 0 : 255));
    const found = await resize(image, height, width);
    const expected = toPlanes(resizeLikePillow(image, width, height, SIDE, SIDE));
    let largest = 0;
    for (let i = 0; i < found.length; i++) largest = Math.max(largest, Math.abs(found[i]! - expected[i]!));
    // onnxruntime places the taps in float32, this in float64: a sum may round to the other side.
    assert.ok(largest <= 1, `largest difference ${largest} levels`);
  });
}

test('a photo of 224 × 224 stays as it is, so that it may be resized beforehand', async () => {
  const random = seeded(1);
  const image = new Uint8Array(3 * SIDE * SIDE).map(() => 256 * random());
  assert.deepEqual(await resize(image, SIDE, SIDE), toPlanes(image));
});

test('red, green and blue stay apart', async () => {
  const image = new Uint8Array(50 * 80 * 3).map((_, i) => [10, 100, 200][i % 3]!);
  const found = await resize(image, 50, 80);
  for (const [channel, level] of [10, 100, 200].entries()) {
    const plane = found.subarray(channel * SIDE * SIDE, (channel + 1) * SIDE * SIDE);
    assert.ok(
      plane.every((value) => value === level),
      `channel ${channel}`,
    );
  }
});

/** uint8 [224 × 224 × 3] → [3 × 224 × 224] */
function toPlanes(pixels: Uint8Array): Uint8Array {
  const size = SIDE * SIDE;
  return pixels.map((_, i) => pixels[3 * (i % size) + Math.floor(i / size)]!);
}
