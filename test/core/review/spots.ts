/** Squares whose every level is known: what they show is a sum of Gaussians. */
import { SIDE, SIGMA } from '../../../functions/core/review/grey-square.ts';
import { normals } from '../numbers.ts';

const MIDDLE = (SIDE - 1) / 2;

/** How far a picture is moved across, in pixels of the square, and stretched; and the same down. */
export type Place = [right: number, wider: number, down: number, higher: number];

export interface Spot {
  x: number;
  y: number;
  sigma: number;
  level: number;
}

/** So many spots here and there, whose levels are about so large. */
export function spotsOf(seed: number, count = 40, strength = 40): Spot[] {
  const random = normals(seed);
  const spot = () => ({ x: MIDDLE + 16 * random(), y: MIDDLE + 16 * random() });
  return Array.from({ length: count }, () => ({
    ...spot(),
    sigma: 1.5 + Math.abs(random()),
    level: strength * random(),
  }));
}

/** The square of what spots show, moved and stretched and then smoothed, as a photo's is: a Gaussian's variances add up. */
export function squareOf(spots: Spot[], [right, wider, down, higher]: Place = [0, 0, 0, 0]): Float32Array {
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
