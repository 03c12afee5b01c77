/** A photo as a small square of smoothed grey levels: enough to tell whether two photos are one picture. */
import type { Pixels } from '../ports.ts';

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
  const luma = new Float32Array(width * height);
  for (let pixel = 0, at = 0; pixel < luma.length; pixel++, at += 3)
    luma[pixel] = 0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!;
  const [columns, rows] = [gaussians(width), gaussians(height)];
  const across = new Float32Array(SIDE * height);
  for (let y = 0, line = 0; y < height; y++, line += width) {
    for (let x = 0; x < SIDE; x++) {
      const { first, weights } = columns[x]!;
      let sum = 0;
      for (let at = 0; at < weights.length; at++) sum += weights[at]! * luma[line + first + at]!;
      across[x * height + y] = sum;
    }
  }
  for (let y = 0; y < SIDE; y++) {
    const { first, weights } = rows[y]!;
    for (let x = 0; x < SIDE; x++) {
      let sum = 0;
      for (let at = 0; at < weights.length; at++) sum += weights[at]! * across[x * height + first + at]!;
      into[y * SIDE + x] = sum;
    }
  }
}

interface Weights {
  /** Place of the first pixel that counts. */
  first: number;
  weights: Float64Array;
}

/** For each pixel of the square, the weights of pixels along a side of that many. */
function gaussians(length: number): Weights[] {
  const known = KNOWN.get(length) ?? makeGaussians(length);
  KNOWN.set(length, known);
  return known;
}

/** By length of a side: photos that are compared have few. */
const KNOWN = new Map<number, Weights[]>();

function makeGaussians(length: number): Weights[] {
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
