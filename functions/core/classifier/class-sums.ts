/**
 * Count and sum of the features of each label: with the moments of all rows, everything that the classifier needs of them.
 * Sums add up along whatever tree the moments are merged along.
 */
import { ModelMismatch } from '../errors.ts';

/** A label; null stands for photos that lie in no folder, which are a group of their own. */
export type Label = string | null;

export interface ClassSum {
  /** Rows taken in, n. */
  count: number;
  /** Σ x, Float64Array [d]. */
  readonly sum: Float64Array;
}

export interface ClassSums {
  /** Features in a row, d. */
  readonly dimension: number;
  readonly classes: Map<Label, ClassSum>;
  /** Whether more than {@link MOST_CLASSES} labels were met; then there are no sums. */
  hasTooMany: boolean;
}

/** Most labels that are told apart, those of no or few photos among them: 20 MB of sums at d = 1280. */
export const MOST_CLASSES = 2000;

/** The sums of no rows at all. */
export function emptyClassSums(dimension: number): ClassSums {
  return { dimension, classes: new Map(), hasTooMany: false };
}

/**
 * Takes rows in, in place and in their order.
 *
 * @param labels of each row, [n]
 * @param features row-major [n × d]
 * @throws ModelMismatch when the rows do not have d features
 */
export function addClassRows(
  sums: ClassSums,
  labels: readonly Label[],
  features: Float32Array | Float64Array,
): void {
  const d = sums.dimension;
  if (features.length !== labels.length * d) {
    throw new ModelMismatch(`${features.length} numbers are not ${labels.length} rows of ${d} features`);
  }
  for (let row = 0; row < labels.length && !sums.hasTooMany; row++) {
    const sum = sumOf(sums, labels[row] ?? null, 1);
    // A loop of its own: one that meets float32 here and float64 in joinClassSums takes half as long again.
    for (let i = 0, at = row * d; i < d; i++, at++) sum[i]! += features[at]!;
  }
}

/** a becomes a and b together. @throws ModelMismatch when they are not of one dimension */
export function joinClassSums(a: ClassSums, b: ClassSums): void {
  if (a.dimension !== b.dimension) {
    throw new ModelMismatch(`sums of ${b.dimension} features do not go with sums of ${a.dimension}`);
  }
  for (const [label, { count, sum }] of b.classes) {
    if (a.hasTooMany) break;
    const into = sumOf(a, label, count);
    for (let i = 0; i < sum.length; i++) into[i]! += sum[i]!;
  }
  if (b.hasTooMany) giveUp(a);
}

/** The sum of a label to which so many rows are about to be added. */
function sumOf(sums: ClassSums, label: Label, count: number): Float64Array {
  const found = sums.classes.get(label) ?? { count: 0, sum: new Float64Array(sums.dimension) };
  if (found.count === 0) sums.classes.set(label, found);
  found.count += count;
  if (sums.classes.size > MOST_CLASSES) giveUp(sums);
  return found.sum;
}

function giveUp(sums: ClassSums): void {
  sums.hasTooMany = true;
  sums.classes.clear();
}
