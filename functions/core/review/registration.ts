/** How alike two pictures are once one is laid onto the other: moved and stretched a little. */
import { SIDE, SIGMA } from './grey-square.ts';
import { type SquaresKernel, squaresKernel, type Taps, tapsBytes, writeTaps } from './squares.ts';

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
  const kernel = squaresKernel(END);
  const levels = new Float32Array(kernel.memory.buffer);
  levels.set(from, FROM / 4);
  levels.set(onto, ONTO / 4);
  kernel.turn(FROM, SIDE, SIDE, ROW, TURNED, ROW);
  const place = [0, 0, 0, 0];
  let least = 1;
  for (let step = 0; ; step++) {
    const [laid, goal] = step === 0 ? [FROM, ONTO] : [resample(kernel, place), blurAlike(kernel, place)];
    const { apart, right, normal } = compare(kernel, laid, goal);
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

/** Squares in the kernel's memory, a row of one in bytes, and what else lies there. */
const ROW = 4 * SIDE;
const [FROM, ONTO, TURNED, HALFWAY, LAID, GOAL, SUMS, TAPS] = [0, 1, 2, 3, 4, 5, 6, 7].map(
  (square) => square * SIDE * ROW,
) as [number, number, number, number, number, number, number, number];

/** The square where it is moved and stretched, by Catmull and Rom's cubic; [across, its stretch, down, its stretch]. */
function resample(
  { memory, weigh, turn }: SquaresKernel,
  [right = 0, wider = 0, down = 0, higher = 0]: number[],
): number {
  writeTaps(memory, TAPS, cubicTaps(right, wider), SIDE);
  weigh(TURNED, ROW, TAPS, SIDE, LAID);
  turn(LAID, SIDE, SIDE, ROW, HALFWAY, ROW);
  writeTaps(memory, TAPS, cubicTaps(down, higher), SIDE);
  weigh(HALFWAY, ROW, TAPS, SIDE, LAID);
  return LAID;
}

function cubicTaps(move: number, stretch: number): Taps[] {
  return Array.from({ length: SIDE }, (_, at) => {
    const place = at + move + stretch * (at - MIDDLE);
    const first = Math.floor(place);
    const t = place - first;
    const [a, b] = [((2 - t) * t - 1) * t * 0.5, ((3 * t - 5) * t * t + 2) * 0.5];
    const [c, d] = [((4 - 3 * t) * t + 1) * t * 0.5, (t - 1) * t * t * 0.5];
    return { first: first - 1, weights: [a, b, c, d] };
  });
}

const MIDDLE = (SIDE - 1) / 2;
const END = TAPS + tapsBytes(cubicTaps(0, 0));

/** How far apart the gradients are, and the normal equations of the next step: of the symmetric matrix, the lower half. */
function compare(kernel: SquaresKernel, laid: number, goal: number) {
  kernel.compare(laid, goal, SUMS);
  const { buffer } = kernel.memory;
  const [both = 0, one = 0, other = 0] = new Float64Array(buffer, SUMS, 3);
  const apart = one > 0 && other > 0 ? 1 - both / Math.sqrt(one * other) : 1;
  return {
    apart,
    right: new Float64Array(buffer, SUMS + 24, 4),
    normal: new Float64Array(buffer, SUMS + 56, 16),
  };
}

/**
 * What has been stretched has had its smoothing stretched with it: the other is smoothed as much, by a step of the heat
 * equation.
 */
function blurAlike({ blur }: SquaresKernel, [, wider = 0, , higher = 0]: number[]): number {
  const share = (stretch: number) => (SIGMA ** 2 * ((1 + stretch) ** -2 - 1)) / 2;
  blur(ONTO, share(wider), share(higher), GOAL);
  return GOAL;
}

/** Solves the normal equations by Cholesky's factors; no pivot is zero where a picture shows nothing in some direction. */
function solve(normal: Float64Array, right: Float64Array): Float64Array {
  const n = UNKNOWNS;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let value = normal[i * n + j]!;
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
