import assert from 'node:assert/strict';
import { test } from 'node:test';
import { elbowOf } from '../../../functions/core/pca/elbow.ts';

const TABLE: [string, number[], number | undefined][] = [
  ['two large values before a flat tail', [10, 9, 1, 1, 1, 1], 2],
  ['three before zeros', [8, 7, 6, 0, 0, 0, 0, 0, 0], 3],
  ['one before a flat tail', [100, 1, 1, 1], 1],
  ['two far above a tail that is far above zero', [110, 108, 101, 100.5, 100], 2],
  ['two points as far below the line, the first,', [6, 3, 1, 0], 1],
  ['a straight line', [5, 4, 3, 2, 1], undefined],
  ['all the same', [2, 2, 2, 2], undefined],
  ['all the same but for rounding', [1 + 4e-16, 1, 1, 1 - 2e-16], undefined],
  ['a hill that only falls at its end', [5, 5, 5, 5, 1], undefined],
  ['one value', [3], undefined],
  ['two values', [3, 1], undefined],
];

for (const [name, spectrum, expected] of TABLE) {
  test(`the elbow of ${name} is ${expected === undefined ? 'none' : `after ${expected}`}`, () => {
    assert.equal(elbowOf(Float64Array.from(spectrum)), expected);
  });
}

test('the elbow of 1/i over p values is where the curve is as steep as the line, at the root of p', () => {
  const spectrum = Float64Array.from({ length: 1280 }, (_, i) => 1 / (i + 1));
  // The slope −1/x² equals the line's, −(1 − 1/p)/(p − 1) = −1/p, at x = √p = 35.8; that point begins the tail.
  assert.equal(elbowOf(spectrum), 35);
});

test('the unit of the spectrum does not matter', () => {
  const spectrum = Float64Array.from({ length: 60 }, (_, i) => 1 / (i + 1) ** 2);
  for (const unit of [1e-12, 1e12]) {
    assert.equal(elbowOf(spectrum.map((value) => value * unit)), elbowOf(spectrum));
  }
});
