/**
 * Which pixels a bicubic resize takes, and with what weights, as Pillow computes them (precompute_coeffs and
 * normalize_coeffs_8bpc in its Resample.c): cubic convolution (R. Keys 1981) with a = −0.5, spread when shrinking.
 */

/** The pixels along one side that make one pixel of the result. */
export interface Taps {
  /** Index of the first pixel. */
  first: number;
  /** Fixed point, 22 fractional bits; 1 in all, to rounding. */
  weights: Int32Array;
}

/** Fractional bits of a weight. */
export const PRECISION_BITS = 22;

const SUPPORT = 2;

/**
 * The taps of a side of `from` pixels resized to `to`.
 *
 * Each step is Pillow's own, in its order: these are doubles in both, so the weights are equal to the last bit.
 */
export function bicubicTaps(from: number, to: number): Taps[] {
  const scale = from / to;
  const spread = Math.max(scale, 1);
  const support = SUPPORT * spread;
  const unspread = 1 / spread;
  const found: Taps[] = [];
  const exact = new Float64Array(2 * Math.ceil(support) + 1);
  for (let i = 0; i < to; i++) {
    const center = (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - support + 0.5));
    const end = Math.min(from, Math.trunc(center + support + 0.5));
    let sum = 0;
    for (let k = 0; k < end - first; k++) {
      const weight = cubic((k + first - center + 0.5) * unspread);
      exact[k] = weight;
      sum += weight;
    }
    const weights = new Int32Array(end - first);
    for (let k = 0; k < weights.length; k++) weights[k] = toFixed(exact[k]! / sum);
    found.push({ first, weights });
  }
  return found;
}

function toFixed(weight: number): number {
  const scaled = weight * 2 ** PRECISION_BITS;
  return Math.trunc(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
}

function cubic(distance: number): number {
  const x = Math.abs(distance);
  if (x < 1) return ((A + 2) * x - (A + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * A;
  return 0;
}

const A = -0.5;
