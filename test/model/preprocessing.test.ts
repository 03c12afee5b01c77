import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { encodeResizeOnly } from '../../model/preprocessing.ts';
import { seededRandom } from './weights.ts';

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
    const random = seededRandom(height * 10_000 + width);
    // Black and white noise: the cubic overshoots on it by up to 70 levels, so that clamping matters.
    const image = new Uint8Array(height * width * 3).map(() => (random() < 0.5 ? 0 : 255));
    const found = await resize(image, height, width);
    const expected = resizeLikePillow(image, height, width);
    let largest = 0;
    for (let i = 0; i < found.length; i++) largest = Math.max(largest, Math.abs(found[i]! - expected[i]!));
    // onnxruntime places the taps in float32, this in float64: a sum may round to the other side.
    assert.ok(largest <= 1, `largest difference ${largest} levels`);
  });
}

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

/**
 * Pillow's Image.resize((224, 224), BICUBIC), from its description in src/libImaging/Resample.c (HPND licence):
 * two passes, first along the width, each rounded and clamped to 8 bits; Keys' cubic with a = −0.5, its taps spread
 * by the scale when shrinking and normalised over those inside the image.
 */
function resizeLikePillow(image: Uint8Array, height: number, width: number): Uint8Array {
  const result = new Uint8Array(3 * SIDE * SIDE);
  const columns = taps(width);
  const rows = taps(height);
  for (let channel = 0; channel < 3; channel++) {
    const wide = new Uint8ClampedArray(height * SIDE);
    for (let y = 0; y < height; y++) {
      for (const [x, { first, weights }] of columns.entries()) {
        let sum = 0;
        for (const [k, weight] of weights.entries()) {
          sum += weight * image[(y * width + first + k) * 3 + channel]!;
        }
        wide[y * SIDE + x] = Math.floor(sum + 0.5);
      }
    }
    for (const [y, { first, weights }] of rows.entries()) {
      for (let x = 0; x < SIDE; x++) {
        let sum = 0;
        for (const [k, weight] of weights.entries()) sum += weight * wide[(first + k) * SIDE + x]!;
        result[(channel * SIDE + y) * SIDE + x] = Math.min(Math.max(Math.floor(sum + 0.5), 0), 255);
      }
    }
  }
  return result;
}

function taps(size: number): { first: number; weights: number[] }[] {
  const ratio = size / SIDE;
  const spread = Math.max(ratio, 1);
  return Array.from({ length: SIDE }, (_, i) => {
    const center = (i + 0.5) * ratio;
    const first = Math.max(0, Math.floor(center - 2 * spread + 0.5));
    const end = Math.min(size, Math.floor(center + 2 * spread + 0.5));
    const raw = Array.from({ length: end - first }, (_, k) => cubic((first + k - center + 0.5) / spread));
    const total = raw.reduce((sum, weight) => sum + weight, 0);
    return { first, weights: raw.map((weight) => weight / total) };
  });
}

/** R. Keys, Cubic convolution interpolation for digital image processing, 1981, with a = −1/2. */
function cubic(distance: number): number {
  const x = Math.abs(distance);
  if (x < 1) return 1.5 * x ** 3 - 2.5 * x ** 2 + 1;
  if (x < 2) return -0.5 * x ** 3 + 2.5 * x ** 2 - 4 * x + 2;
  return 0;
}
