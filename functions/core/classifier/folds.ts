/**
 * How photos are divided in two to try a classifier: it is fitted to one half and asked about the other, then the other way
 * round. Photos of one label that resemble each other must stay together, or the trial asks what it has just been told:
 * frames of one spin, shots of one shelf. Halves drawn at random read 96 % where the truth is 70.
 */
import { naturalOrder } from './natural-order.ts';
import { NOT_TRIED, type TrialRows } from './trial.ts';

/** For each row its half, 0 or 1. */
export type Halves = Uint8Array;

/** Contiguous halves of each label in natural key order: what was taken one after the other stays together. */
export function halvesByKey({ keys, classes }: Pick<TrialRows, 'keys' | 'classes'>): Halves {
  const halves = new Uint8Array(keys.length);
  for (const rows of rowsByClass(classes)) {
    rows.sort((a, b) => naturalOrder(keys[a]!, keys[b]!));
    for (let i = Math.ceil(rows.length / 2); i < rows.length; i++) halves[rows[i]!] = 1;
  }
  return halves;
}

/**
 * Two groups of each label, each of photos that look alike: 2-means over directions of features, as the neighbour index has
 * them, begun from the photo that is least like the label's mean and the one least like that. For collections whose names say
 * nothing of what belongs together.
 */
export function halvesByLikeness({
  classes,
  vectors,
  width: w,
}: Pick<TrialRows, 'classes' | 'vectors' | 'width'>): Halves {
  const halves = new Uint8Array(classes.length);
  const row = (at: number) => vectors.subarray(at * w, (at + 1) * w);
  for (const rows of rowsByClass(classes)) {
    const mean = meanDirection(rows.map(row), w);
    const first = leastLike(rows, row, mean);
    const second = leastLike(rows, row, row(first));
    let centres = [row(first), row(second)] as [Float32Array | Float64Array, Float32Array | Float64Array];
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const [a, b] = centres.map(lengthOf) as [number, number];
      let changed = 0;
      for (const at of rows) {
        const half = dot(row(at), centres[1]) / b > dot(row(at), centres[0]) / a ? 1 : 0;
        if (halves[at] !== half) changed++;
        halves[at] = half;
      }
      if (changed === 0) break;
      const groups = [0, 1].map((half) => rows.filter((at) => halves[at] === half)) as [number[], number[]];
      centres = [meanDirection(groups[0].map(row), w), meanDirection(groups[1].map(row), w)];
    }
  }
  return halves;
}

const MOST_ROUNDS = 20;

function rowsByClass(classes: Int32Array): number[][] {
  const byClass = new Map<number, number[]>();
  for (const [row, label] of classes.entries()) {
    const rows = byClass.get(label);
    if (rows) rows.push(row);
    else if (label !== NOT_TRIED) byClass.set(label, [row]);
  }
  return [...byClass.values()];
}

function leastLike(
  rows: readonly number[],
  row: (at: number) => Float32Array,
  to: Float32Array | Float64Array,
): number {
  let least = { at: rows[0]!, cosine: Number.POSITIVE_INFINITY };
  for (const at of rows) {
    const cosine = dot(row(at), to) / lengthOf(row(at)); // NaN, and never the least, where a row has no direction
    if (cosine < least.cosine) least = { at, cosine };
  }
  return least.at;
}

/** Sum of rows brought to length 1: Float64Array [d]. */
function meanDirection(rows: readonly Float32Array[], d: number): Float64Array {
  const sum = new Float64Array(d);
  for (const row of rows) {
    const length = lengthOf(row) || 1;
    for (let i = 0; i < d; i++) sum[i]! += row[i]! / length;
  }
  return sum;
}

function lengthOf(row: Float32Array | Float64Array): number {
  return Math.sqrt(dot(row, row));
}

function dot(a: Float32Array | Float64Array, b: Float32Array | Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
