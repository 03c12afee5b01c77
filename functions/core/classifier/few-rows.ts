/** The classifier where rows are fewer than features: by a system as large as their number. */
import { type MatrixProducts, transpose } from '../pca/matrix.ts';
import { solveInPlace } from './cholesky.ts';
import { classMeans } from './class-means.ts';
import { addClassRows, emptyClassSums } from './class-sums.ts';
import { addToDiagonal, type Classifier, RIDGE } from './classifier.ts';

/** Whether rows and classes are so few that {@link fitFewRows} is the quicker one. */
export function areFew(rows: number, classes: number, d: number): boolean {
  return rows + classes <= (2 / 3) * d;
}

/**
 * Fits the classifier to all labels of few rows: to rounding as `fitClassifier` does, without the scatter of all features.
 *
 * With F the rows less their label's mean, over √N, and below them the labels' means less m̄, over √C, G = FᵀF, and
 * W = Fᵀ (F Fᵀ + λ·tr(G)/d·I)⁻¹ E/√C, where E picks the rows of the means.
 *
 * @param rows row-major [n × d]
 * @param labels of each row, [n]
 * @returns undefined where there are less than 2 labels, or all rows are the same
 */
export async function fitFewRows(
  model: string,
  rows: Float32Array,
  labels: readonly string[],
  d: number,
  products: MatrixProducts,
): Promise<Classifier | undefined> {
  const sums = emptyClassSums(d);
  addClassRows(sums, labels, rows);
  const { kept, origin, fromOrigin } = classMeans(sums, 1);
  const [n, size] = [labels.length, kept.length];
  if (size < 2) return undefined;
  const all = n + size;
  const factor = new Float64Array(all * d);
  const means = new Map(kept.map(({ label, mean }) => [label, mean]));
  for (const [row, label] of labels.entries()) {
    const mean = means.get(label)!;
    for (let i = 0, at = row * d; i < d; i++, at++) factor[at] = (rows[at]! - mean[i]!) / Math.sqrt(n);
  }
  factor.set(fromOrigin, n * d);
  let trace = 0;
  for (let at = 0; at < factor.length; at++) trace += factor[at]! ** 2;
  if (!(trace > 0)) return undefined;
  const turned = transpose(factor, all, d);
  const inner = addToDiagonal(await products.multiply(factor, turned, all, d, all), (RIDGE * trace) / d);
  const wanted = new Float64Array(all * size);
  for (let at = 0; at < size; at++) wanted[(n + at) * size + at] = Math.sqrt(1 / size);
  const within = await solveInPlace(inner, wanted, all, size, products);
  const weights = await products.multiply(turned, within, d, all, size);
  const counts = kept.map(({ count }) => count);
  return { model, dimension: d, labels: [...means.keys()], counts, origin, weights, lambda: RIDGE };
}
