/**
 * A second arrangement of photos on a plane, in which neighbours lie together: UMAP (McInnes, Healy and Melville,
 * "UMAP: Uniform Manifold Approximation and Projection", 2018), over the neighbours that are known already.
 *
 * It begins at the first two components, so that what lies far apart there mostly does here too, and is seeded: the same
 * neighbours give the same places.
 */

import { seeded } from '../seeded.ts';
import type { Neighbours } from './neighbours.ts';

/** Of the curve 1 / (1 + a·x^2b) that the paper fits to a least distance of 0.1 and a spread of 1. */
const [A, B] = [1.576_943, 0.895_061];
/** Rounds over all pairs of neighbours; fewer where there are many photos. */
const ROUNDS = 300;
const ROUNDS_OF_MANY = 120;
const MANY = 4000;
/** Strangers that a photo is pushed from each time a neighbour pulls it. */
const STRANGERS = 5;
/** Half the width at the beginning. */
const EXTENT = 10;
/** No single step is longer. */
const LONGEST = 4;

/** Pairs of neighbours, each once, and how surely they are. */
interface Pairs {
  from: Int32Array;
  to: Int32Array;
  /** In (0, 1]. */
  weight: Float32Array;
}

/**
 * Arranges photos. Takes about 0.8 seconds of one core for 8,000 photos of 8 neighbours.
 *
 * @param components row-major Float32Array [n × c]
 * @returns places on the plane, Float32Array [n × 2]
 */
export function arrangeByNeighbours(
  neighbours: Neighbours,
  components: Float32Array,
  c: number,
): Float32Array {
  const n = components.length / c;
  const places = beginAt(components, c, n);
  if (n > 2) moveTogether(places, pairsOf(neighbours, n), n > MANY ? ROUNDS_OF_MANY : ROUNDS);
  return places;
}

/** The first two components, brought to one width; photos that are equal are set apart by a hair. */
function beginAt(components: Float32Array, c: number, n: number): Float32Array {
  const random = seeded(1);
  const places = new Float32Array(2 * n);
  let widest = 0;
  for (let at = 0; at < n; at++) {
    for (let axis = 0; axis < Math.min(2, c); axis++) {
      widest = Math.max(widest, Math.abs(components[at * c + axis]!));
    }
  }
  for (let at = 0; at < n; at++) {
    for (let axis = 0; axis < 2; axis++) {
      const value = axis < c && widest > 0 ? (EXTENT * components[at * c + axis]!) / widest : 0;
      places[2 * at + axis] = value + 0.001 * (random() - 0.5);
    }
  }
  return places;
}

/** How surely each pair are neighbours, from either side, as the paper's fuzzy union. */
export function pairsOf({ each, place, similarity }: Neighbours, n: number): Pairs {
  const sure = new Map<number, number>();
  const wanted = Math.log2(each + 1);
  for (let at = 0; at < n; at++) {
    const nearest = 1 - similarity[at * each]!;
    const beyond = (rank: number) => Math.max(0, 1 - similarity[at * each + rank]! - nearest);
    const scale = scaleFor(beyond, each, wanted);
    for (let rank = 0; rank < each; rank++) {
      const other = place[at * each + rank]!;
      const one = Math.exp(-beyond(rank) / scale);
      const pair = Math.min(at, other) * n + Math.max(at, other);
      const before = sure.get(pair) ?? 0;
      sure.set(pair, before + one - before * one);
    }
  }
  const pairs = [...sure];
  return {
    from: Int32Array.from(pairs, ([pair]) => Math.floor(pair / n)),
    to: Int32Array.from(pairs, ([pair]) => pair % n),
    weight: Float32Array.from(pairs, ([, weight]) => weight),
  };
}

/** The scale at which a photo's neighbours are together as sure as wanted; found by halving. */
function scaleFor(beyond: (rank: number) => number, each: number, wanted: number): number {
  let [low, high, scale] = [0, Number.POSITIVE_INFINITY, 0.05];
  for (let tries = 0; tries < 48; tries++) {
    let sum = 0;
    for (let rank = 0; rank < each; rank++) sum += Math.exp(-beyond(rank) / scale);
    if (Math.abs(sum - wanted) < 1e-5) break;
    if (sum > wanted) high = scale;
    else low = scale;
    scale = high === Number.POSITIVE_INFINITY ? 2 * scale : (low + high) / 2;
  }
  return Math.max(scale, 1e-6);
}

/** Neighbours pull each other, as often as they are sure, and strangers push; steps grow shorter. */
function moveTogether(places: Float32Array, { from, to, weight }: Pairs, rounds: number): void {
  const random = seeded(2);
  const n = places.length / 2;
  const due = weight.map((sure) => 1 / sure);
  for (let round = 1; round <= rounds; round++) {
    const step = 1 - (round - 1) / rounds;
    for (let pair = 0; pair < due.length; pair++) {
      if (due[pair]! > round) continue;
      due[pair]! += 1 / weight[pair]!;
      const [a, b] = [2 * from[pair]!, 2 * to[pair]!];
      let [x, y] = [places[a]! - places[b]!, places[a + 1]! - places[b + 1]!];
      let square = x * x + y * y;
      if (square > 0) {
        const power = powerOf(square);
        const pull = (-2 * A * B * power) / (square * (1 + A * power));
        const [right, down] = [limited(pull * x) * step, limited(pull * y) * step];
        places[a]! += right;
        places[a + 1]! += down;
        places[b]! -= right;
        places[b + 1]! -= down;
      }
      const moved = random() < 0.5 ? a : b;
      for (let count = 0; count < STRANGERS; count++) {
        const other = 2 * Math.floor(random() * n);
        if (other === moved) continue;
        [x, y] = [places[moved]! - places[other]!, places[moved + 1]! - places[other + 1]!];
        square = x * x + y * y;
        const push = (2 * B) / ((0.001 + square) * (1 + A * powerOf(square)));
        places[moved]! += limited(push * x) * step;
        places[moved + 1]! += limited(push * y) * step;
      }
    }
  }
}

/** square^B to a part in 2,000, in a tenth of the time: the power of its exponent times that of its first 10 binary digits. */
export function powerOf(square: number): number {
  NUMBER[0] = square;
  const digits = DIGITS[0]!;
  return OF_EXPONENT[digits >> 23]! * OF_FRACTION[(digits >> 13) & 1023]!;
}

const NUMBER = new Float32Array(1);
const DIGITS = new Int32Array(NUMBER.buffer);
const OF_EXPONENT = Float64Array.from({ length: 256 }, (_, exponent) => 2 ** (B * (exponent - 127)));
const OF_FRACTION = Float64Array.from({ length: 1024 }, (_, part) => (1 + (part + 0.5) / 1024) ** B);

function limited(step: number): number {
  return step > LONGEST ? LONGEST : step < -LONGEST ? -LONGEST : step;
}
