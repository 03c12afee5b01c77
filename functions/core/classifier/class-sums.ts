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
  for (const [row, label] of labels.entries()) {
    addTo(sums, label, 1, features.subarray(row * d, (row + 1) * d));
  }
}

/** a becomes a and b together. @throws ModelMismatch when they are not of one dimension */
export function joinClassSums(a: ClassSums, b: ClassSums): void {
  if (a.dimension !== b.dimension) {
    throw new ModelMismatch(`sums of ${b.dimension} features do not go with sums of ${a.dimension}`);
  }
  for (const [label, { count, sum }] of b.classes) addTo(a, label, count, sum);
  if (b.hasTooMany) giveUp(a);
}

function addTo(sums: ClassSums, label: Label, count: number, values: Float32Array | Float64Array): void {
  if (sums.hasTooMany) return;
  const found = sums.classes.get(label) ?? { count: 0, sum: new Float64Array(sums.dimension) };
  if (found.count === 0) sums.classes.set(label, found);
  found.count += count;
  for (let i = 0; i < values.length; i++) found.sum[i]! += values[i]!;
  if (sums.classes.size > MOST_CLASSES) giveUp(sums);
}

function giveUp(sums: ClassSums): void {
  sums.hasTooMany = true;
  sums.classes.clear();
}
