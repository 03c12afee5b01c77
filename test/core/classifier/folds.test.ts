import assert from 'node:assert/strict';
import { test } from 'node:test';
import { halvesByKey, halvesByLikeness } from '../../../functions/core/classifier/folds.ts';
import { naturalOrder } from '../../../functions/core/classifier/natural-order.ts';
import { NOT_TRIED } from '../../../functions/core/classifier/trial.ts';
import { visits } from './visits.ts';

test('keys are in the order in which people count, whichever of two is asked about first', () => {
  const keys = [
    [
      '',
      '0',
      '00',
      '007',
      '7',
      '20',
      '100',
      '1000',
      '12345678901234567890',
      '12345678901234567891',
      'a',
      'a10',
    ],
    ['a/9.jpeg', 'a/009.jpg', 'a/9.jpg', 'a/10.jpg', 'a/r2_3_100.jpg', 'a/r_20_100.jpg', 'aa', 'b/1'],
  ].flat();
  for (const [at, key] of keys.entries()) {
    for (const [other, after] of keys.entries()) {
      assert.equal(Math.sign(naturalOrder(key, after)), Math.sign(at - other), `${key} and ${after}`);
    }
  }
});

test('halves by key are contiguous in each label, of whatever order the rows are', () => {
  const rows = {
    keys: ['a/10', 'b/2', 'a/9', 'c/1', 'a/1', 'b/1', 'a/11', 'c/2', 'a/2'],
    classes: Int32Array.of(0, 1, 0, NOT_TRIED, 0, 1, 0, NOT_TRIED, 0),
  };
  assert.deepEqual([...halvesByKey(rows)], [1, 1, 0, 0, 0, 0, 1, 0, 0]);
});

test('halves by likeness keep photos of one place together, however their names lie', () => {
  const { features, places } = visits(40, 2, 3);
  const d = features.length / 80;
  const halves = halvesByLikeness({ classes: new Int32Array(80), vectors: features, width: d });
  for (const [row, half] of halves.entries())
    assert.equal(half === halves[0], places[row] === places[0], `${row}`);
  // Photos that are all alike cannot be divided.
  const alike = { classes: new Int32Array(4), vectors: new Float32Array(4 * d).fill(1), width: d };
  assert.deepEqual([...halvesByLikeness(alike)], [0, 0, 0, 0]);
});

test('groups are those that 2-means ends at, by direction alone', () => {
  // Begun from 20° and 170°, photos move from group to group in four rounds; the longest counts as much as the others, and one
  // without a direction begins no group.
  const degrees = [95, 85, 165, 100, 110, 20, 170, 90];
  const rows = degrees.flatMap((angle, at) => {
    const [radians, length] = [(angle * Math.PI) / 180, at === 1 ? 1000 : 1];
    return [length * Math.cos(radians), length * Math.sin(radians)];
  });
  const vectors = Float32Array.from([...rows, 0, 0, ...rows]);
  const classes = Int32Array.from({ length: 17 }, (_, row) => (row < 9 ? 0 : NOT_TRIED));
  const halves = [...halvesByLikeness({ classes, vectors, width: 2 })];
  assert.deepEqual(halves, [0, 0, 1, 0, 0, 0, 1, 0, 0, ...new Array(8).fill(0)]);
});
