/** The means of labels, and what they are less a mean of all. */
import type { ClassSums, Label } from './class-sums.ts';

export interface ClassMean {
  label: Label;
  count: number;
  mean: Float64Array;
}

/**
 * The means of all labels; those to tell apart, in the order of their UTF-8 bytes, the mean m̄ of their means, and these less m̄, over
 * √C, row-major Float64Array [C × d].
 */
export function classMeans({ classes, dimension: d }: ClassSums, least: number) {
  const means = [...classes].map(
    ([label, { count, sum }]): ClassMean => ({ label, count, mean: sum.map((value) => value / count) }),
  );
  const kept = means
    .filter((one): one is ClassMean & { label: string } => one.label !== null && one.count >= least)
    .sort((a, b) => Buffer.compare(Buffer.from(a.label), Buffer.from(b.label)));
  const origin = new Float64Array(d);
  for (const { mean } of kept) for (let i = 0; i < d; i++) origin[i]! += mean[i]! / kept.length;
  const fromOrigin = rowsFrom(kept, origin, () => Math.sqrt(1 / kept.length));
  return { means, kept, origin, fromOrigin };
}

/** One row a class: its mean less `from`, times its weight. Row-major Float64Array [classes × d]. */
export function rowsFrom(
  classes: ClassMean[],
  from: Float64Array,
  weightOf: (one: ClassMean) => number,
): Float64Array {
  const d = from.length;
  const rows = new Float64Array(classes.length * d);
  for (const [row, one] of classes.entries()) {
    const weight = weightOf(one);
    for (let i = 0; i < d; i++) rows[row * d + i] = weight * (one.mean[i]! - from[i]!);
  }
  return rows;
}
