/** Which photos may be one picture: coarse squares, and what they change by when a picture is cropped. */
import type { MatrixProducts } from '../pca/matrix.ts';
import { SIDE } from './grey-square.ts';
import { insert } from './neighbours.ts';

/** Rows a block of products. */
const BLOCK = 1024;
/** Side of a coarse square: every fourth pixel, but for the edges. */
const COARSE = 10;

/**
 * For each photo, those of which it may be a crop: the nearest by tangent distance (Simard, LeCun and Denker, 1993), what is
 * left of it beside the other and the ways in which that changes when it is moved or enlarged.
 *
 * @param square a photo's smoothed grey levels, Float32Array [48 × 48]
 * @returns of each the places of at most `most` others, nearest first
 */
export async function findCandidates(
  square: (at: number) => Float32Array,
  n: number,
  products: MatrixProducts,
  most: number,
): Promise<number[][]> {
  const each = Math.max(0, Math.min(most, n - 1));
  const found = {
    each,
    place: new Int32Array(n * each),
    similarity: new Float32Array(n * each).fill(Number.NEGATIVE_INFINITY),
  };
  const least = new Float32Array(n).fill(Number.NEGATIVE_INFINITY);
  const d = COARSE ** 2;
  const units = new Float32Array(n * d);
  for (let at = 0; at < n; at++) units.set(orthonormal([coarse(square(at))]), at * d);
  const memory = new Float32Array(Math.min(BLOCK, n) ** 2 * WAYS);
  for (let top = 0; top < n; top += BLOCK) {
    const wide = Math.min(BLOCK, n - top);
    const spans = new Float32Array(wide * WAYS * d);
    for (let at = 0; at < wide; at++) spans.set(orthonormal(waysOf(square(top + at))), at * WAYS * d);
    for (let left = 0; left < n; left += BLOCK) {
      const high = Math.min(BLOCK, n - left);
      const inner = await products.inner(
        units.subarray(left * d, (left + high) * d),
        spans,
        high,
        wide * WAYS,
        d,
        memory,
      );
      for (let row = left, at = 0; row < left + high; row++) {
        for (let column = top; column < top + wide; column++, at += WAYS) {
          let sum = 0;
          for (let way = 0; way < WAYS; way++) sum += inner[at + way]! ** 2;
          if (row !== column && sum > least[row]!) insert(found, least, row, column, sum);
        }
      }
    }
  }
  return Array.from({ length: n }, (_, at) => [...found.place.subarray(at * each, (at + 1) * each)]);
}

/** A square; what it changes by when it is moved across, moved down, enlarged. */
const WAYS = 4;

function waysOf(levels: Float32Array): Float32Array[] {
  const [right, down, larger] = [0, 0, 0].map(() => new Float32Array(SIDE ** 2)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  for (let y = 1; y < SIDE - 1; y++) {
    for (let x = 1; x < SIDE - 1; x++) {
      const at = y * SIDE + x;
      right[at] = levels[at + 1]! - levels[at - 1]!;
      down[at] = levels[at + SIDE]! - levels[at - SIDE]!;
      larger[at] = right[at] * (x - (SIDE - 1) / 2) + down[at] * (y - (SIDE - 1) / 2);
    }
  }
  return [levels, right, down, larger].map(coarse);
}

/** The means of 4 × 4 pixels, smoothed again, without the edges. */
function coarse(levels: Float32Array): Float32Array {
  const wide = SIDE / 4;
  const means = new Float32Array(wide ** 2);
  for (let y = 0, at = 0; y < SIDE; y++)
    for (let x = 0; x < SIDE; x++, at++) means[(y >> 2) * wide + (x >> 2)]! += levels[at]!;
  const out = new Float32Array(COARSE ** 2);
  for (let y = 0; y < COARSE; y++) {
    for (let x = 0; x < COARSE; x++) {
      for (const [down, weight] of BINOMIAL.entries()) {
        const at = (y + down) * wide + x;
        out[y * COARSE + x]! += weight * (means[at]! + 2 * means[at + 1]! + means[at + 2]!);
      }
    }
  }
  return out;
}

const BINOMIAL = [1, 2, 1];

/** The vectors without their means, each of length 1 and at right angles to those before it: one after the other. */
function orthonormal(vectors: Float32Array[]): Float32Array {
  const d = vectors[0]!.length;
  const out = new Float32Array(vectors.length * d);
  for (const [index, vector] of vectors.entries()) {
    const mean = vector.reduce((sum, value) => sum + value, 0) / d;
    const own = out.subarray(index * d, (index + 1) * d);
    own.set(vector.map((value) => value - mean));
    for (let before = 0; before < index; before++) {
      const other = out.subarray(before * d, (before + 1) * d);
      const inner = own.reduce((sum, value, at) => sum + value * other[at]!, 0);
      for (let at = 0; at < d; at++) own[at]! -= inner * other[at]!;
    }
    const length = Math.hypot(...own);
    if (length > 1e-6) for (let at = 0; at < d; at++) own[at]! /= length;
    else own.fill(0);
  }
  return out;
}
