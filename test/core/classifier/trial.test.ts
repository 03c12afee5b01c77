import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calibrate } from '../../../functions/core/classifier/calibration.ts';
import {
  NOT_TRIED,
  otherSimilarities,
  runTrial,
  type TrialRows,
} from '../../../functions/core/classifier/trial.ts';
import { plainMatrixProducts as products } from '../../../functions/core/pca/matrix.ts';
import { assertClose } from '../numbers.ts';

const labels = ['a', 'b', 'c'];
const AXES = { a: [1, 0, 0], b: [0, 1, 0], c: [0, 0, 1], '-': [0.6, 0.8, 0] } as const;

/** A photo a letter, which lies where its label's axis does; `-` is not tried. */
function rowsOf(photos: string): TrialRows {
  const features = Float32Array.from([...photos].flatMap((name) => AXES[name as keyof typeof AXES]));
  const classes = Int32Array.from(photos, (name) => (name === '-' ? NOT_TRIED : labels.indexOf(name)));
  const keys = [...photos].map((name, at) => `${name}/${at}`);
  return { keys, classes, features, dimension: 3, vectors: features, width: 3 };
}

test('one photo of a label in the other half is enough to be asked about, and none is not', async () => {
  const halves = Uint8Array.of(0, 0, 0, 0, 1, 1, 1);
  const { asked, similarities } = await runTrial(halves, labels, rowsOf('abc-ab-'), products);
  assert.deepEqual(
    asked.map(({ own }) => own),
    [0, 1, 0, 1],
  );
  for (const { scores, own } of asked) assert.equal(scores.indexOf(Math.max(...scores)), own);
  assert.deepEqual(
    asked.map(({ scores }) => scores[2] === Number.NEGATIVE_INFINITY),
    [true, true, false, false],
    'the second half has no c',
  );
  assert.deepEqual(similarities, [1, 1, 0, 1, 1], 'c is like none of the other half; - is not looked at');
});

test('photos that are all in one half, or of which none is asked about, make an empty trial', async () => {
  for (const half of [0, 1]) {
    const halves = new Uint8Array(4).fill(half);
    assert.deepEqual(await runTrial(halves, labels, rowsOf('aabb'), products), {
      asked: [],
      similarities: [],
    });
  }
  const none = await runTrial(Uint8Array.of(0, 0, 1, 1), labels, rowsOf('abab'), products, () => false);
  assert.deepEqual(none, { asked: [], similarities: [] });
});

test('of more than a thousand photos a thousand at even distances are looked at for neighbours of another label', async () => {
  const [n, quarter] = [1500, Math.PI / 2];
  const angles = Array.from({ length: n }, (_, row) => (row < n - 1 ? (quarter * (n - row)) / n : 0));
  const vectors = Float32Array.from(angles.flatMap((angle) => [Math.cos(angle), Math.sin(angle)]));
  const classes = Int32Array.from(angles, (angle) => Number(angle === 0));
  const rows = { keys: [], classes, features: vectors, dimension: 2, vectors, width: 2 };
  // Two of three are taken: not the first, the fourth … The last one lies along the axis; the nearest to it is the one before.
  const expected = angles.map(Math.cos).filter((_, row) => row % 3 > 0);
  expected[expected.length - 1] = Math.cos((2 * quarter) / n);
  assertClose(await otherSimilarities(rows, products), expected, 1e-6);
});

test('photos that are not tried are not counted as learned, and where none is known to be, none is', async () => {
  const calibration = { temperature: 0.5, confidence: 0.5, validation: [] };
  const learned = [{ prefixes: new Set<number>(), calibration }];
  const rows = rowsOf('aabbaabb---');
  const { learned: none } = await calibrate(labels, rows, products, learned);
  assert.deepEqual(none, { photos: 0, asked: 'photos of this snapshot' });
  const places = Int8Array.from(rows.classes, (_, row) => (row === 0 || row > 7 ? 0 : -1));
  const { learned: some } = await calibrate(labels, { ...rows, learned: places }, products, learned);
  assert.deepEqual(some, { photos: 1, asked: 'photos of this snapshot' });
});
