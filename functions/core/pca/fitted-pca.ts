import type { PcaOptions } from './pca-options.ts';

/** A fitted PCA: d features in, k components out. */
export interface FittedPca {
  model: string;
  /** Rows it was fitted to, n. */
  nSamples: number;
  /** Features in a row, d. */
  dimension: number;
  /** Number of components. */
  k: number;
  /** Float64Array [d]. */
  mean: Float64Array;
  /** What a column is divided by, Float64Array [d]: 1 where it is not standardized, or is constant. */
  scale: Float64Array;
  /** Row-major Float64Array [k × d]: orthonormal rows by falling variance, zero at constant columns. */
  components: Float64Array;
  /** Variance along each component (n − 1), Float64Array [k], descending. */
  explainedVariance: Float64Array;
  /** The same as shares of `totalVariance`, Float64Array [k]. */
  explainedVarianceRatio: Float64Array;
  /** Of all columns, scaled: the number of columns that vary where they are standardized. */
  totalVariance: number;
  /** The scree plot: the variance along every component that the rows can have, descending, at least k of them. */
  spectrum: Float64Array;
  /** Number of components before the elbow of `spectrum`; absent where it has none. */
  elbow?: number;
  options: PcaOptions;
  /** What was done otherwise than asked, as sentences. */
  warnings: string[];
}
