/**
 * Photos that decoders read in different ways, and Verger as Pillow does, to the last pixel: made, with what Pillow
 * makes of them, by test/fixtures/pillow/make.py.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { decodePhoto } from '../../../functions/core/photo/photo.ts';

const FOLDER = join(import.meta.dirname, '../../fixtures/pillow');
const expected: Record<string, { size: [number, number]; sha256: string }> = JSON.parse(
  readFileSync(join(FOLDER, 'expected.json'), 'utf8'),
);

describe('pixels are equal to those that Pillow shows, on white', () => {
  for (const [name, { size, sha256 }] of Object.entries(expected)) {
    test(name, async () => {
      const limits = { maxBytes: 1_000_000, maxPixels: 1_000_000 };
      const { pixels } = await decodePhoto(readFileSync(join(FOLDER, name)), limits);
      assert.deepEqual([pixels.width, pixels.height], size);
      assert.equal(createHash('sha256').update(pixels.data).digest('hex'), sha256);
    });
  }

  test('of every photo in the folder', () => {
    const photos = readdirSync(FOLDER).filter((name) => !/\.(py|json)$/.test(name));
    assert.deepEqual(photos.sort(), Object.keys(expected).sort());
  });
});
