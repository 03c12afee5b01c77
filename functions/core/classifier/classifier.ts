/**
 * A linear classifier in closed form: balanced least squares, from what a snapshot has summed up anyway.
 *
 * Every label weighs the same, however many photos it has. Within the labels the scatter S_w = S_t − Σ n_c (m_c − m)(m_c − m)ᵀ
 * is pooled over all photos, which a label of few photos could not estimate; between them only their means count:
 *
 *   G = S_w/N + (1/C) Σ (m_c − m̄)(m_c − m̄)ᵀ,   W = (G + λ·tr(G)/d·I)⁻¹ (M − m̄)ᵀ/C,   scores(x) = (x − m̄) W + 1/C
 *
 * with m̄ the mean of the C class means: the ridge regression of a label's indicator (Hastie, Tibshirani and Friedman,
 * The Elements of Statistical Learning, 4.2), labels weighted alike and their scatter shared.
 */
import { ModelMismatch } from '../errors.ts';
import { factorizeLowRank } from '../pca/low-rank.ts';
import { type MatrixProducts, transpose } from '../pca/matrix.ts';
import type { Moments } from '../pca/moments.ts';
import { solveInPlace } from './cholesky.ts';
import { classMeans, rowsFrom } from './class-means.ts';
import { type ClassSums, MOST_CLASSES } from './class-sums.ts';

/** Fewest photos of a label that is told apart. */
export const LEAST_PHOTOS = 3;

/** λ, the share of the mean variance of a feature that is added to each. */
export const RIDGE = 0.1;

/** Up to this many rows, as a share of d, the system as large as the rank is the quicker one. */
const LOW_RANK = 1 / 3;

export interface ClassifierOptions {
  /** {@link RIDGE} by default. */
  lambda?: number;
  /** Fewest photos of a label, {@link LEAST_PHOTOS} by default. */
  least?: number;
}

/** A fitted classifier of C labels over d features. */
export interface Classifier {
  /** `<name>@<first 12 hex digits of the ONNX file's SHA-256>`. */
  model: string;
  /** Features in a row, d. */
  dimension: number;
  /** In the order of their UTF-8 bytes, [C]. */
  labels: string[];
  /** Photos of each label, [C]. */
  counts: number[];
  /** Mean of the class means m̄, Float64Array [d]. */
  origin: Float64Array;
  /** W, row-major Float64Array [d × C]. */
  weights: Float64Array;
  lambda: number;
}

/** A classifier, or why there is none. */
export type Fit = { classifier: Classifier } | { why: string };

/**
 * Fits the classifier to all labels with at least 3 photos. Photos of other labels, and of none, count as scatter within
 * groups of their own.
 *
 * @param sums of the same rows as the moments
 * @throws ModelMismatch when they are not of one number of features or rows
 */
export async function fitClassifier(
  moments: Moments,
  sums: ClassSums,
  products: MatrixProducts,
  { lambda = RIDGE, least = LEAST_PHOTOS }: ClassifierOptions = {},
): Promise<Fit> {
  if (sums.hasTooMany) return { why: `there are more than ${MOST_CLASSES} labels` };
  checkSameRows(moments, sums);
  const { model, dimension: d, count: n } = moments;
  const { means, kept, origin, fromOrigin } = classMeans(sums, least);
  const size = kept.length;
  if (size < 2) {
    const has = size === 1 ? `only ${kept[0]?.label} has` : 'no label has';
    return { why: `it takes 2 labels with at least ${least} photos each, and ${has}` };
  }

  const fromMean = rowsFrom(means, moments.mean, ({ count }) => Math.sqrt(count / n));
  // Both sums over classes in one product: those that are subtracted have their sign on one side.
  const left = join(fromOrigin, fromMean);
  const right = join(
    fromOrigin,
    fromMean.map((value) => -value),
  );
  const rows = left.length / d;
  const matrix = await products.multiply(transpose(left, rows, d), right, d, rows, d);
  for (let i = 0; i < matrix.length; i++) matrix[i]! += moments.scatter[i]! / n;

  let trace = 0;
  for (let i = 0; i < d; i++) trace += matrix[i * d + i]!;
  if (!(trace > 0)) return { why: 'all photos have the same features' };
  const target = transpose(fromOrigin, size, d).map((value) => value / Math.sqrt(size));
  const ridge = (lambda * trace) / d;
  const lowRank = n <= d * LOW_RANK ? await solveLowRank(matrix, ridge, target, n, products) : undefined;
  const weights = lowRank ?? (await solveInPlace(addToDiagonal(matrix, ridge), target, d, size, products));
  const [labels, counts] = [kept.map(({ label }) => label), kept.map(({ count }) => count)];
  return { classifier: { model, dimension: d, labels, counts, origin, weights, lambda } };
}

/**
 * Scores of rows: how much of each label's indicator they are, near 1 for the own label and near 0 for others.
 *
 * @param rows row-major [n × d]
 * @returns row-major Float64Array [n × C]
 */
export async function scoreRows(
  { dimension: d, labels, origin, weights }: Classifier,
  rows: Float32Array | Float64Array,
  n: number,
  products: MatrixProducts,
): Promise<Float64Array> {
  const size = labels.length;
  const shift = await products.multiply(origin, weights, 1, d, size);
  const scores = await products.multiply(rows, weights, n, d, size);
  for (let at = 0; at < scores.length; at++) scores[at]! += 1 / size - shift[at % size]!;
  return scores;
}

/**
 * X of (G + ridge·I) X = B where few rows scatter to G, by a system as large as its rank: with G = LᵀL,
 * X = (B − Lᵀ (L Lᵀ + ridge·I)⁻¹ L B) / ridge (Woodbury's identity).
 *
 * @param matrix G, row-major Float64Array [d × d]
 * @param b row-major Float64Array [d × m]
 * @returns undefined where the rank is above `most`
 */
async function solveLowRank(
  matrix: Float64Array,
  ridge: number,
  b: Float64Array,
  most: number,
  products: MatrixProducts,
): Promise<Float64Array | undefined> {
  const d = Math.sqrt(matrix.length);
  const m = b.length / d;
  const factor = factorizeLowRank(matrix, d, most);
  if (factor === undefined) return undefined;
  const rank = factor.length / d;
  const turned = transpose(factor, rank, d);
  const inner = addToDiagonal(await products.multiply(factor, turned, rank, d, rank), ridge);
  const within = await products.multiply(factor, b, rank, d, m);
  const part = await products.multiply(
    turned,
    await solveInPlace(inner, within, rank, m, products),
    d,
    rank,
    m,
  );
  return part.map((value, at) => (b[at]! - value) / ridge);
}

/** In place. */
export function addToDiagonal(matrix: Float64Array, value: number): Float64Array {
  const n = Math.sqrt(matrix.length);
  for (let i = 0; i < n; i++) matrix[i * n + i]! += value;
  return matrix;
}

function join(a: Float64Array, b: Float64Array): Float64Array {
  const all = new Float64Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}

function checkSameRows({ dimension, count }: Moments, sums: ClassSums): void {
  const rows = [...sums.classes.values()].reduce((total, one) => total + one.count, 0);
  if (sums.dimension === dimension && rows === count) return;
  throw new ModelMismatch(
    `sums of ${rows} rows of ${sums.dimension} features do not go with moments of ${count} rows of ${dimension}`,
  );
}
