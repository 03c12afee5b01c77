/**
 * The small inputs of ../shared/cases, each as its expected.json says: refused with a reason, or accepted with a size, a
 * mean colour and features. These were made with Pillow's resize, across first, and a float64 forward pass in NumPy.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { openSession } from '../../../functions/adapters/onnx.ts';
import { Refusal } from '../../../functions/core/errors.ts';
import { decodePhoto } from '../../../functions/core/photo/photo.ts';
import { readNpy } from '../../../model/npy.ts';
import { compare } from '../../model/compare.ts';
import { findImagenetForTests } from '../../model/imagenet.ts';

type Case =
  | { expect: 'refuse'; reason: string }
  | { expect: 'accept'; size: [number, number]; meanRGB: [number, number, number]; features: number };

const CASES = join(import.meta.dirname, '../../../..', 'shared', 'cases');
const skip = existsSync(CASES) ? false : 'needs ../shared/cases';
const limits = { maxBytes: 50_000_000, maxPixels: 65_000_000 };
const LEAST_COSINE = 0.9999;
/** Levels of 255: two decoders may round a level apart, here and there. */
const MEAN_TOLERANCE = 0.1;

describe('a case of ../shared', { skip }, async () => {
  if (skip) return;
  const expected: Record<string, Case> = JSON.parse(readFileSync(join(CASES, 'expected.json'), 'utf8'));
  const { model, skip: withoutModel } = await findImagenetForTests();
  const session = model && (await openSession(model.path));
  const features = readNpy(readFileSync(join(CASES, 'features.npy')), 'features.npy');
  const [, dimension = 0] = features.dims;

  for (const [name, wanted] of Object.entries(expected)) {
    const bytes = readFileSync(join(CASES, name));
    if (wanted.expect === 'refuse') {
      test(`${name} is refused: ${wanted.reason}`, async () => {
        await assert.rejects(decodePhoto(bytes, limits), (error) => {
          assert.ok(error instanceof Refusal, String(error));
          assert.equal(error.reason, wanted.reason, error.message);
          return true;
        });
      });
      continue;
    }
    test(`${name} is accepted with its size and its mean colour`, async () => {
      const { pixels } = await decodePhoto(bytes, limits);
      assert.deepEqual([pixels.width, pixels.height], wanted.size);
      for (const [channel, mean] of meanColour(pixels.data).entries()) {
        const difference = Math.abs(mean - wanted.meanRGB[channel]!);
        assert.ok(
          difference <= MEAN_TOLERANCE,
          `channel ${channel}: ${mean}, not ${wanted.meanRGB[channel]}`,
        );
      }
    });
    test(`${name} has its features`, { skip: withoutModel }, async (t) => {
      const { pixels } = await decodePhoto(bytes, limits);
      const row = features.data.subarray(wanted.features * dimension, (wanted.features + 1) * dimension);
      const { cosine } = compare(await session!.run(pixels), row);
      t.diagnostic(`cosine ${cosine}`);
      assert.ok(cosine >= LEAST_COSINE, `cosine ${cosine}`);
    });
  }

  test('every case is named', () => {
    const files = readdirSync(CASES).filter((name) => name !== 'expected.json' && name !== 'features.npy');
    assert.deepEqual(files.sort(), Object.keys(expected).sort());
  });
});

function meanColour(data: Uint8Array): number[] {
  const sums = [0, 0, 0];
  for (let i = 0; i < data.length; i++) sums[i % 3]! += data[i]!;
  return sums.map((sum) => (3 * sum) / data.length);
}
