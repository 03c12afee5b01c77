/** Pictures laid onto each other, where what they show is a sum of Gaussians, so that each square is known to the last digit. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SIDE, SIGMA } from '../../../functions/core/review/grey-square.ts';
import { distanceOf } from '../../../functions/core/review/registration.ts';
import { normals } from '../numbers.ts';

const MIDDLE = (SIDE - 1) / 2;

/** How far a picture is moved across, in pixels of the square, and stretched; and the same down. */
type Place = [right: number, wider: number, down: number, higher: number];

interface Spot {
  x: number;
  y: number;
  sigma: number;
  level: number;
}

function spotsOf(seed: number): Spot[] {
  const random = normals(seed);
  const spot = () => ({ x: MIDDLE + 16 * random(), y: MIDDLE + 16 * random() });
  return Array.from({ length: 40 }, () => ({
    ...spot(),
    sigma: 1.5 + Math.abs(random()),
    level: 40 * random(),
  }));
}

/** The square of what spots show, moved and stretched and then smoothed, as a photo's is: a Gaussian's variances add up. */
function squareOf(spots: Spot[], [right, wider, down, higher]: Place = [0, 0, 0, 0]): Float32Array {
  const along = (middle: number, sigma: number, move: number, stretch: number) => {
    const own = (sigma / (1 + stretch)) ** 2;
    const both = own + SIGMA ** 2;
    const place = MIDDLE + (middle - MIDDLE - move) / (1 + stretch);
    return Float64Array.from(
      { length: SIDE },
      (_, at) => Math.sqrt(own / both) * Math.exp(-((at - place) ** 2) / (2 * both)),
    );
  };
  const square = new Float64Array(SIDE ** 2).fill(128);
  for (const { x, y, sigma, level } of spots) {
    const [columns, rows] = [along(x, sigma, right, wider), along(y, sigma, down, higher)];
    for (let at = 0; at < square.length; at++)
      square[at]! += level * columns[at % SIDE]! * rows[Math.floor(at / SIDE)]!;
  }
  return Float32Array.from(square);
}

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
