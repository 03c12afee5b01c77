import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SIDE } from '../../../functions/core/review/grey-square.ts';
import { distanceOf } from '../../../functions/core/review/registration.ts';
import { type Place, spotsOf, squareOf } from './spots.ts';

test('a picture moved and stretched, as a crop by 5 % of its sides is and further, is at hardly any distance, in any direction', () => {
  // Cubic interpolation and one step of the heat equation are off by more where more is stretched.
  const places: [Place, most: number][] = [
    [[0, 0, 0, 0], 1e-9],
    [[1.3, 0, 0, 0], 4e-6],
    [[0, 0, -1.7, 0], 4e-6],
    [[0, 0.04, 0, 0], 2e-6],
    [[0, 0, 0, -0.05], 6e-6],
    [[1.2, -0.05, -1.2, -0.05], 9e-6],
    [[2.5, 0.05, -2, -0.08], 8e-6],
    [[-2.4, -0.1, 2.4, -0.1], 1.5e-5],
  ];
  for (const seed of [1, 2, 3]) {
    const spots = spotsOf(seed);
    for (const [place, most] of places) {
      const distance = distanceOf(squareOf(spots), squareOf(spots, place));
      assert.ok(distance <= most, `${seed}, ${place}: ${distance}`);
    }
  }
  // Few spots are as well found where to look across depends on where to look down.
  for (const spots of [spotsOf(1, 2), spotsOf(4, 3)]) {
    const distance = distanceOf(squareOf(spots), squareOf(spots, [1.2, -0.05, -1.2, -0.05]));
    assert.ok(distance < 2e-5, `${distance}`);
  }
});

test('a picture moved by more than 6 % of its side, or stretched by more than 12 %, is another', () => {
  const farther: Place[] = [
    [3.5, 0, 0, 0],
    [0, 0, -3.5, 0],
    [0, 0.15, 0, 0],
    [0, 0, 0, -0.16],
  ];
  for (const seed of [1, 2, 3]) {
    const spots = spotsOf(seed);
    for (const place of farther) {
      const distance = distanceOf(squareOf(spots), squareOf(spots, place));
      assert.ok(distance > 0.002, `${seed}, ${place}: ${distance}`);
    }
  }
});

test('what shows nothing is at distance 1 of everything; what changes in one direction alone is found there', () => {
  const [spots, plain] = [squareOf(spotsOf(1)), new Float32Array(SIDE ** 2).fill(255)];
  assert.deepEqual([distanceOf(plain, spots), distanceOf(spots, plain), distanceOf(plain, plain)], [1, 1, 1]);
  const stripes = (move: number, along: (at: number) => number) =>
    Float32Array.from({ length: SIDE ** 2 }, (_, at) => 128 + 50 * Math.sin((along(at) + move) / 3));
  for (const along of [(at: number) => at % SIDE, (at: number) => Math.floor(at / SIDE)]) {
    const distance = distanceOf(stripes(0, along), stripes(1, along));
    assert.ok(distance < 1e-5, `${distance}`);
  }
});

test('distances are those of plain JavaScript in float64, to the bit', () => {
  const waves = ([right, wider, down, higher]: Place, period = 1) =>
    Float32Array.from({ length: SIDE ** 2 }, (_, at) => {
      const [x, y] = [at % SIDE, Math.floor(at / SIDE)];
      const [u, v] = [x + right + wider * (x - 23.5), y + down + higher * (y - 23.5)];
      const bump = (from: number) => 1 / (1 + from * from);
      const round = bump((u - 20) / 6) * bump((v - 27) / 7);
      return 90 + 60 * round + 40 * bump((u - 2 * v + 40 * period) / 9);
    });
  const unmoved: Place = [0, 0, 0, 0];
  const expected: [Place, distance: number, period?: number][] = [
    [unmoved, 0],
    [[1.3, 0, -0.7, 0], 0.0000025361240892918246],
    [[0.5, 0.05, 0.25, -0.03], 0.000033209486260954435],
    [[-2, 0.1, 2, 0.1], 0.0006365016240766908],
    [unmoved, 0.31727102604875024, 2],
  ];
  for (const [place, distance, period] of expected)
    assert.equal(distanceOf(waves(unmoved), waves(place, period)), distance);
});
