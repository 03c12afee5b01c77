/** How alike two pictures are once one is laid onto the other: moved and stretched a little. */
import { SIDE, SIGMA } from './grey-square.ts';

const SIZE = SIDE * SIDE;
/** Pixels at the edges that are not compared: smoothing has mixed them with what is beyond them, and the farthest move brings it in. */
const EDGE = 5;
/** How far it is moved across, in pixels, and how much stretched; and the same down. */
const UNKNOWNS = 4;
/** Farthest moves, in pixels, and most stretching: more than a crop by 5 % of either side takes. */
const FARTHEST = 0.06 * SIDE;
const MOST_STRETCH = 0.12;
const STEPS = 6;
/** A step that leaves more than this share of the distance was the last. */
const SETTLED = 0.8;
/** After no step, one, two or more, what is farther off is another picture; crops by 5 % were at most 0.6, 0.09 and 0.002. */
const HOPELESS = [0.7, 0.15, 0.005];

/**
 * Lays one square onto another, of which it may be the whole picture where the other is cropped, by Gauss and Newton's steps
 * (Lucas and Kanade, 1981), and compares their gradients.
 *
 * @param from, onto smoothed, Float32Array [48 × 48]
 * @returns 1 − the correlation of their gradients: 0 where they are one picture, 1 where they have nothing in common
 */
export function distanceOf(from: Float32Array, onto: Float32Array): number {
  const place = [0, 0, 0, 0];
  let least = 1;
  for (let step = 0; ; step++) {
    const [laid, goal] = step === 0 ? [from, onto] : [resample(from, place), blurAlike(onto, place)];
    const { apart, normal, right } = compare(laid, goal);
    const settled = apart > SETTLED * least;
    least = Math.min(least, apart);
    if (step === STEPS || (step >= 2 && settled) || least > HOPELESS[Math.min(step, 2)]!) return least;
    const change = solve(normal, right);
    for (let at = 0; at < UNKNOWNS; at++) {
      const most = at % 2 === 0 ? FARTHEST : MOST_STRETCH;
      place[at] = Math.max(-most, Math.min(most, place[at]! + change[at]!));
    }
  }
}

/** The square where it is moved and stretched, by Catmull and Rom's cubic; [across, its stretch, down, its stretch]. */
function resample(from: Float32Array, [right = 0, wider = 0, down = 0, higher = 0]: number[]): Float32Array {
  return resampleRows(resampleRows(from, right, wider), down, higher);
}

/** Resamples along rows, and writes them as columns. */
function resampleRows(from: Float32Array, move: number, stretch: number): Float32Array {
  const out = new Float32Array(SIZE);
  for (let column = 0; column < SIDE; column++) {
    const place = column + move + stretch * (column - MIDDLE);
    const first = Math.floor(place);
    const t = place - first;
    const [a, b] = [within(first - 1), within(first)];
    const [c, d] = [within(first + 1), within(first + 2)];
    const [wa, wb] = [((2 - t) * t - 1) * t * 0.5, ((3 * t - 5) * t * t + 2) * 0.5];
    const [wc, wd] = [((4 - 3 * t) * t + 1) * t * 0.5, (t - 1) * t * t * 0.5];
    for (let row = 0, at = 0; row < SIDE; row++, at += SIDE) {
      out[column * SIDE + row] =
        wa * from[at + a]! + wb * from[at + b]! + wc * from[at + c]! + wd * from[at + d]!;
    }
  }
  return out;
}

const MIDDLE = (SIDE - 1) / 2;

function within(at: number): number {
  return Math.max(0, Math.min(SIDE - 1, at));
}

/** How far apart the gradients are, and the normal equations of the next step. */
function compare(laid: Float32Array, goal: Float32Array) {
  let [both, one, other] = [0, 0, 0];
  // The sums of the products of the four unknowns' changes, one by one: an array of them would take three times as long.
  let [n00, n10, n11, n20, n21, n22, n30, n31, n32, n33] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
  let [t0, t1, t2, t3] = [0, 0, 0, 0];
  for (let y = EDGE; y < SIDE - EDGE; y += 2) {
    for (let x = EDGE; x < SIDE - EDGE; x += 2) {
      const at = y * SIDE + x;
      const [gx, gy] = [(laid[at + 1]! - laid[at - 1]!) / 2, (laid[at + SIDE]! - laid[at - SIDE]!) / 2];
      const [hx, hy] = [(goal[at + 1]! - goal[at - 1]!) / 2, (goal[at + SIDE]! - goal[at - SIDE]!) / 2];
      both += gx * hx + gy * hy;
      one += gx * gx + gy * gy;
      other += hx * hx + hy * hy;
      const [ex, ey] = [gx * (x - MIDDLE), gy * (y - MIDDLE)];
      const difference = goal[at]! - laid[at]!;
      t0 += gx * difference;
      t1 += ex * difference;
      t2 += gy * difference;
      t3 += ey * difference;
      n00 += gx * gx;
      n10 += ex * gx;
      n11 += ex * ex;
      n20 += gy * gx;
      n21 += gy * ex;
      n22 += gy * gy;
      n30 += ey * gx;
      n31 += ey * ex;
      n32 += ey * gy;
      n33 += ey * ey;
    }
  }
  const apart = one > 0 && other > 0 ? 1 - both / Math.sqrt(one * other) : 1;
  // Symmetric: what is right of the diagonal is not read.
  const normal = Float64Array.of(n00, 0, 0, 0, n10, n11, 0, 0, n20, n21, n22, 0, n30, n31, n32, n33);
  return { apart, normal, right: Float64Array.of(t0, t1, t2, t3) };
}

/**
 * What has been stretched has had its smoothing stretched with it: the other is smoothed as much, by a step of the heat
 * equation.
 */
function blurAlike(levels: Float32Array, [, wider = 0, , higher = 0]: number[]): Float32Array {
  const share = (stretch: number) => (SIGMA ** 2 * ((1 + stretch) ** -2 - 1)) / 2;
  const [across, down] = [share(wider), share(higher)];
  const out = levels.slice();
  for (let y = 1; y < SIDE - 1; y++) {
    for (let at = y * SIDE + 1; at < (y + 1) * SIDE - 1; at++) {
      const twice = 2 * levels[at]!;
      out[at]! +=
        across * (levels[at - 1]! + levels[at + 1]! - twice) +
        down * (levels[at - SIDE]! + levels[at + SIDE]! - twice);
    }
  }
  return out;
}

/** Solves the normal equations by Cholesky's factors, with a little added where a picture leaves something open. */
function solve(normal: Float64Array, right: Float64Array): Float64Array {
  const n = UNKNOWNS;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let value = normal[i * n + j]!;
      if (i === j) value += 1e-6 * value + 1e-6;
      for (let k = 0; k < j; k++) value -= normal[i * n + k]! * normal[j * n + k]!;
      normal[i * n + j] = i === j ? Math.sqrt(Math.max(value, 1e-9)) : value / normal[j * n + j]!;
    }
  }
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) right[i]! -= normal[i * n + k]! * right[k]!;
    right[i]! /= normal[i * n + i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) right[i]! -= normal[k * n + i]! * right[k]!;
    right[i]! /= normal[i * n + i]!;
  }
  return right;
}
