import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodePhoto } from '../../../functions/core/photo/photo.ts';
import { ensureModel } from '../../../model/ensure-model.ts';
import { fuzz, type Outcome } from '../../fuzz/fuzz.ts';
import { mutate } from '../../fuzz/mutate.ts';
import { makeOriginals } from '../../fuzz/originals.ts';

const IMAGES = 500;
const { path: model } = await ensureModel();
const originals = await makeOriginals();

describe('photos of every format, damaged at random', () => {
  test('are the same each time, and none is its original', () => {
    for (let index = 0; index < 100; index++) {
      const { bytes, original } = mutate(originals, 1, index);
      assert.deepEqual(mutate(originals, 1, index).bytes, bytes);
      assert.notEqual(mutate(originals, 2, index).bytes, bytes);
      assert.ok(bytes.length > 0, original.name);
    }
  });

  test('are accepted or refused, within the limits of time and memory, and end nothing', async () => {
    const outcomes: Outcome[] = [];
    await fuzz({
      model,
      originals,
      seed: 20_261_126,
      images: IMAGES,
      onOutcome: (outcome) => outcomes.push(outcome),
    });
    assert.equal(outcomes.length, IMAGES);
    for (const { mutant, kind, said } of outcomes) {
      assert.ok(
        kind === 'accepted' || kind === 'refused',
        `${mutant.original.name} ${mutant.index} ${kind}: ${said}`,
      );
    }
    // Were all of one kind, the mutants would be too tame or too wild.
    const accepted = outcomes.filter(({ kind }) => kind === 'accepted').length;
    assert.ok(accepted > 0.1 * IMAGES && accepted < 0.9 * IMAGES, `${accepted} accepted`);
  });

  test('come from originals that are all accepted', async () => {
    for (const { name, bytes } of originals) {
      const { pixels } = await decodePhoto(bytes, { maxBytes: 1e6, maxPixels: 1e6 });
      assert.ok(pixels.data.length > 0, name);
    }
  });
});
