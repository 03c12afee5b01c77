/**
 * Count, mean and scatter of rows, taken in a batch at a time: all that a PCA needs to know of them.
 *
 * Every batch is centred on its own mean before it is multiplied out, then joined to what is there; so a mean that is
 * large beside the spread costs no digits, and the result is the full fit's, not an approximation of it.
 * Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances" (1979).
 */
import { ContractBroken, InvalidRequest, ModelMismatch } from '../errors.ts';
import { emptyScatter, type MatrixProducts } from './matrix.ts';

export interface Moments {
  /** Whose features these are: `<name>@<first 12 hex digits of the ONNX file's SHA-256>`. */
  readonly model: string;
  /** Features in a row, d. */
  readonly dimension: number;
  /** Rows taken in, n. */
  count: number;
  /** Float64Array [d]. */
  readonly mean: Float64Array;
  /** What rounding took from the mean, Float64Array [d]: means far from zero are near to each other. */
  readonly meanRest: Float64Array;
  /** Σ (x − mean)(x − mean)ᵀ, row-major Float64Array [d × d]; divided by n − 1 it is the covariance. */
  readonly scatter: Float64Array;
}

/** Rows that are centred on their own mean together: enough that joining d² numbers costs little beside it. */
export const MOMENT_ROWS = 8192;

/**
 * The moments of no rows at all.
 *
 * @throws InvalidRequest when the dimension is no whole number ≥ 1
 */
export function emptyMoments(model: string, dimension: number): Moments {
  if (!Number.isInteger(dimension) || dimension < 1) {
    throw new InvalidRequest(`dimension is ${dimension}: a whole number of features, at least 1, is needed`);
  }
  return {
    model,
    dimension,
    count: 0,
    mean: new Float64Array(dimension),
    meanRest: new Float64Array(dimension),
    scatter: new Float64Array(dimension ** 2),
  };
}

/**
 * Takes rows in, in place. Any number at a time gives the same moments to rounding, few at a time more slowly: every
 * call costs at least one pass over the d² numbers of the scatter matrix.
 *
 * @param rows row-major [n × d]; left as they are
 * @throws ModelMismatch when the rows do not have d features
 * @throws ContractBroken when a feature is not a finite number; the blocks of 8,192 rows before its own are taken in
 *
 * @example
 * const moments = emptyMoments('any', 2);
 * await addRows(moments, Float32Array.of(1, 10, 3, 10), 2, plainMatrixProducts);
 * await addRows(moments, Float32Array.of(8, 13), 1, plainMatrixProducts);
 * moments.count; // → 3
 * moments.mean; // → Float64Array(2) [ 4, 11 ]
 */
export async function addRows(
  moments: Moments,
  rows: Float32Array | Float64Array,
  n: number,
  products: MatrixProducts,
): Promise<void> {
  const d = moments.dimension;
  if (rows.length !== n * d) {
    throw new ModelMismatch(`${rows.length} numbers are not ${n} rows of ${d} features`);
  }
  const of = emptyScatter(d);
  for (let start = 0; start < n; start += MOMENT_ROWS) {
    const size = Math.min(MOMENT_ROWS, n - start);
    const block = rows.subarray(start * d, (start + size) * d);
    await products.scatter(block, size, d, of);
    joinInto(moments, { count: size, ...meanOf(block, of.fromFirst, start), scatter: of.scatter });
  }
}

/**
 * Takes in the moments of other rows, in place.
 *
 * @throws ModelMismatch when they are not of one model and one dimension
 */
export function joinMoments(moments: Moments, others: Moments): void {
  requireSame(others, moments);
  joinInto(moments, others);
}

function requireSame(
  given: { model: string; dimension: number },
  wanted: { model: string; dimension: number },
): void {
  if (given.model !== wanted.model || given.dimension !== wanted.dimension) {
    throw new ModelMismatch(
      `Moments of ${given.model} with ${given.dimension} features do not go with ${wanted.model} with ${wanted.dimension}: ` +
        'features of two models are never mixed',
    );
  }
}

/** The mean of rows and what rounding takes from it, out of where it lies from the first of them. */
function meanOf(rows: Float32Array | Float64Array, fromFirst: Float64Array, start: number) {
  const d = fromFirst.length;
  const mean = new Float64Array(d);
  const meanRest = new Float64Array(d);
  for (let i = 0; i < d; i++) [mean[i], meanRest[i]] = addExactly(rows[i]!, fromFirst[i]!);
  if (!mean.every(Number.isFinite)) {
    const at = rows.findIndex((value) => !Number.isFinite(value));
    throw new ContractBroken(
      `Row ${start + Math.floor(at / d)}, feature ${at % d} is ${rows[at]}: features must be finite numbers`,
    );
  }
  return { mean, meanRest };
}

/** a becomes a and b together. Nothing is awaited in here, so two batches may be under way at once. */
function joinInto(a: Moments, b: Pick<Moments, 'count' | 'mean' | 'meanRest' | 'scatter'>): void {
  if (b.count === 0) return;
  const d = a.dimension;
  const share = b.count / (a.count + b.count);
  const apart = b.mean.map((value, i) => value - a.mean[i]! + (b.meanRest[i]! - a.meanRest[i]!));
  const [into, from] = [a.scatter, b.scatter];
  for (let i = 0; i < d; i++) {
    const factor = apart[i]! * a.count * share;
    for (let j = 0, at = i * d; j < d; j++, at++) into[at]! += from[at]! + factor * apart[j]!;
    // From nothing the mean is b's to the last bit.
    const [mean, rest] =
      share === 1 ? [b.mean[i]!, b.meanRest[i]!] : addExactly(a.mean[i]!, a.meanRest[i]! + apart[i]! * share);
    a.mean[i] = mean;
    a.meanRest[i] = rest;
  }
  a.count += b.count;
}

/** A sum and what rounding takes from it: Knuth's two-sum. */
function addExactly(a: number, b: number): [sum: number, rest: number] {
  const sum = a + b;
  const added = sum - a;
  return [sum, a - (sum - added) + (b - added)];
}
