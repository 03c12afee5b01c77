/** A photo as a small square of smoothed grey levels: enough to tell whether two photos are one picture. */
import type { Pixels } from '../ports.ts';
import { squaresKernel, type Taps, tapsBytes, writeTaps } from './squares.ts';

/** Pixels of a square's side. */
export const SIDE = 48;
/** Of the Gaussian that smooths it, in its pixels: a 32nd of its side. */
export const SIGMA = SIDE / 32;

/**
 * Stretches a photo's luma, which JPEG keeps best, to a square and smooths it: what compression and resizing change most is
 * gone.
 *
 * @param into Float32Array [48 × 48]
 */
export function toGreySquare({ data, width, height }: Pixels, into: Float32Array): void {
  const [columns, rows] = [gaussians(width), gaussians(height)];
  // Lines go down the photo, filled up to whole blocks; then across.
  const [down, across] = [32 * Math.ceil(height / 8), 4 * SIDE];
  const luma = Math.max(tapsBytes(columns), tapsBytes(rows));
  const narrow = luma + width * down;
  const turned = narrow + SIDE * down;
  const result = turned + height * across;
  const { memory, weigh, turn } = squaresKernel(result + SIDE * across);
  const floats = new Float32Array(memory.buffer);
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0, to = luma / 4 + y; x < width; x++, at += 3, to += down / 4)
      floats[to] = 0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!;
  writeTaps(memory, 0, columns, width);
  weigh(luma, down, 0, SIDE, narrow);
  turn(narrow, SIDE, height, down, turned, across);
  writeTaps(memory, 0, rows, height);
  weigh(turned, across, 0, SIDE, result);
  into.set(floats.subarray(result / 4, result / 4 + SIDE * SIDE));
}

/** For each pixel of the square, the weights of pixels along a side of that many. */
function gaussians(length: number): Taps[] {
  const known = KNOWN.get(length) ?? makeGaussians(length);
  KNOWN.set(length, known);
  return known;
}

/** By length of a side: photos that are compared have few. */
const KNOWN = new Map<number, Taps[]>();

function makeGaussians(length: number): Taps[] {
  const scale = length / SIDE;
  const sigma = SIGMA * scale;
  const reach = Math.max(3 * sigma, 1);
  return Array.from({ length: SIDE }, (_, at) => {
    const middle = (at + 0.5) * scale - 0.5;
    const first = Math.max(0, Math.ceil(middle - reach));
    const last = Math.min(length - 1, Math.floor(middle + reach));
    const weights = Float64Array.from({ length: last - first + 1 }, (_, step) =>
      Math.exp(-(((first + step - middle) / sigma) ** 2) / 2),
    );
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}
