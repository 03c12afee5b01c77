/** The sums by label of one range, from `assemble` to `fit`, as a work file. */
import type { ClassSums, Label } from '../classifier/class-sums.ts';
import { decodeArrays, encodeArrays } from '../spool/arrays.ts';

/** @returns the file, in pieces */
export function encodeClassSums({ dimension, hasTooMany, classes }: ClassSums): Uint8Array[] {
  const sums = new Float64Array(classes.size * dimension);
  for (const [at, { sum }] of [...classes.values()].entries()) sums.set(sum, at * dimension);
  const counts = [...classes].map(([label, { count }]) => ({ label, count }));
  return encodeArrays({ dimension, hasTooMany, counts }, { sums });
}

/** What {@link encodeClassSums} wrote. */
export function decodeClassSums(bytes: Uint8Array): ClassSums {
  const { dimension, hasTooMany, counts, sums } = decodeArrays<
    { dimension: number; hasTooMany: boolean; counts: { label: Label; count: number }[] },
    { sums: Float64Array }
  >(bytes);
  const classes = counts.map(({ label, count }, at) => {
    return [label, { count, sum: sums.subarray(at * dimension, (at + 1) * dimension) }] as const;
  });
  return { dimension, hasTooMany, classes: new Map(classes) };
}
