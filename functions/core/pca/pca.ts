import { ContractBroken, InvalidRequest, TooFewRows } from '../errors.ts';
import { decompose } from './decomposition.ts';
import { elbowOf } from './elbow.ts';
import type { FittedPca } from './fitted-pca.ts';
import type { MatrixProducts } from './matrix.ts';
import type { Moments } from './moments.ts';
import type { PcaOptions } from './pca-options.ts';

/**
 * Fits a PCA: eigenvalues and eigenvectors of the rows' correlation matrix (`standardize`) or covariance matrix, both
 * with divisor n − 1. Each component's loading of largest magnitude is positive; of equal ones, the first.
 *
 * n rows, v of whose columns vary, have at most min(n − 1, v) components: asked for more, it fits so many and warns.
 *
 * @throws InvalidRequest when more components than columns are asked for
 * @throws TooFewRows when there are fewer than 2 rows, or all are the same
 * @throws ContractBroken when the moments are not finite numbers
 *
 * @example
 * const products = plainMatrixProducts;
 * const moments = emptyMoments('any', 2);
 * await addRows(moments, Float32Array.of(1, 0, 2, 0, 3, 0), 3, products);
 * const options = { components: 1, standardize: false, projection: 'centered' } as const;
 * const pca = await fitPca(moments, options, products);
 * pca.components; // → Float64Array(2) [ 1, 0 ]
 * pca.explainedVarianceRatio; // → Float64Array(1) [ 1 ]
 */
export async function fitPca(
  moments: Moments,
  options: PcaOptions,
  products: MatrixProducts,
): Promise<FittedPca> {
  const { model, dimension, count } = moments;
  const { components: asked } = options;
  if (count < 2) {
    throw new TooFewRows(`A PCA needs at least 2 rows; there ${count === 1 ? 'is 1' : `are ${count}`}`);
  }
  if (isCount(asked) && asked > dimension) {
    throw new InvalidRequest(
      `components is ${asked}; rows of ${dimension} features have at most ${dimension}`,
    );
  }
  const columns = varyingColumns(moments);
  if (columns.length === 0) {
    throw new TooFewRows(`A PCA needs at least 2 different rows; all ${count} rows are the same`);
  }

  const scale = new Float64Array(dimension).fill(1);
  if (options.standardize) for (const i of columns) scale[i] = Math.sqrt(varianceOf(moments, i));
  const matrix = varianceMatrix(moments, columns, scale);
  const totalVariance = columns.reduce((sum, _, i) => sum + matrix[i * columns.length + i]!, 0);

  const most = Math.min(count - 1, columns.length);
  const vectors = isCount(asked) ? Math.min(asked, most) : most;
  const { eigen, warnings } = await decompose(matrix, columns.length, most, vectors, products);
  const spectrum = eigen.values.subarray(0, most).map((value) => Math.max(value, 0));
  const elbow = elbowOf(spectrum);
  const k = isCount(asked) ? vectors : chooseCount(asked, spectrum, totalVariance, elbow);
  if (isCount(asked) && k < asked) {
    const reason = most < columns.length ? `${count} rows span` : `${columns.length} columns that vary have`;
    warnings.push(`${asked} components were asked for and ${k} fitted: ${reason} no more.`);
  }
  if (asked === 'elbow' && elbow === undefined) {
    warnings.push(`The spectrum has no elbow: all ${k} components were fitted.`);
  }

  const explainedVariance = spectrum.slice(0, k);
  return {
    model,
    nSamples: count,
    dimension,
    k,
    mean: moments.mean.slice(),
    scale,
    components: spreadRows(eigen.vectors, k, columns, dimension),
    explainedVariance,
    explainedVarianceRatio: explainedVariance.map((value) => value / totalVariance),
    totalVariance,
    spectrum,
    ...(elbow !== undefined && { elbow }),
    options,
    warnings,
  };
}

/** A number of components, as opposed to a share of the variance. */
function isCount(asked: PcaOptions['components']): asked is number {
  return typeof asked === 'number' && asked >= 1;
}

function varianceOf({ scatter, dimension, count }: Moments, column: number): number {
  return scatter[column * dimension + column]! / (count - 1);
}

/**
 * The columns that are not constant: whose standard deviation is more than the mean's own rounding can make.
 *
 * @throws ContractBroken
 */
function varyingColumns(moments: Moments): number[] {
  const columns: number[] = [];
  for (let i = 0; i < moments.dimension; i++) {
    const variance = varianceOf(moments, i);
    if (!Number.isFinite(variance)) {
      throw new ContractBroken(
        `The variance of feature ${i} is ${variance}: its values are too large to be squared`,
      );
    }
    if (Math.sqrt(variance) > 4 * Number.EPSILON * Math.abs(moments.mean[i]!)) columns.push(i);
  }
  return columns;
}

/** Covariances of some columns, each divided by its scale: row-major [v × v], symmetric to the last bit. */
function varianceMatrix(moments: Moments, columns: number[], scale: Float64Array): Float64Array {
  const { scatter, dimension, count } = moments;
  const size = columns.length;
  const matrix = new Float64Array(size * size);
  for (let r = 0; r < size; r++) {
    const row = columns[r]!;
    const divisor = (count - 1) * scale[row]!;
    for (let c = r; c < size; c++) {
      const column = columns[c]!;
      const value = scatter[row * dimension + column]! / (divisor * scale[column]!);
      matrix[r * size + c] = value;
      matrix[c * size + r] = value;
    }
  }
  return matrix;
}

function chooseCount(
  asked: PcaOptions['components'],
  spectrum: Float64Array,
  totalVariance: number,
  elbow: number | undefined,
): number {
  if (asked === 'all') return spectrum.length;
  if (asked === 'elbow') return elbow ?? spectrum.length;
  let explained = 0;
  const last = spectrum.findIndex((value) => {
    explained += value;
    return explained >= asked * totalVariance;
  });
  return last === -1 ? spectrum.length : last + 1;
}

/** The first k rows over all columns, zero where a column is left out, with their signs settled. */
function spreadRows(rows: Float64Array, k: number, columns: number[], dimension: number): Float64Array {
  const size = columns.length;
  const spread = new Float64Array(k * dimension);
  for (let r = 0; r < k; r++) {
    const row = rows.subarray(r * size, (r + 1) * size);
    const sign = signOf(row);
    for (let i = 0; i < size; i++) spread[r * dimension + columns[i]!] = sign * row[i]!;
  }
  return spread;
}

/** The sign of the loading of largest magnitude; of those equal to it but for rounding, the first. */
function signOf(row: Float64Array): number {
  const largest = row.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return Math.sign(row.find((value) => Math.abs(value) >= largest * (1 - 1e-8))!);
}
