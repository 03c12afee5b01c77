import type { MatrixProducts } from './matrix.ts';
import type { Moments } from './moments.ts';

/** What may be asked of a fit. */
export interface PcaOptions {
  /** How many: a whole number k ≥ 1, a share of variance strictly between 0 and 1, the elbow, or all. */
  components: number | 'elbow' | 'all';
  /** Scale every column to unit sample variance (n − 1); a constant column is left at zero. */
  standardize: boolean;
  /** `centered` subtracts the mean before projecting; `spark` does not, as Spark's PCAModel. */
  projection: 'centered' | 'spark';
}

/** A fitted PCA: d features in, k components out. */
export interface FittedPca {
  model: string;
  nSamples: number;
  /** d */
  dimension: number;
  /** Number of components. */
  k: number;
  /** [d] */
  mean: Float64Array;
  /** [d]; 1 where a column was not standardized. */
  scale: Float64Array;
  /** Row-major [k × d], orthonormal rows, by falling variance. */
  components: Float64Array;
  /** [k] */
  explainedVariance: Float64Array;
  /** [k] */
  explainedVarianceRatio: Float64Array;
  totalVariance: number;
  /** Every eigenvalue known, at least k, descending: the scree plot. */
  spectrum: Float64Array;
  /** Number of components at the elbow of `spectrum`. */
  elbow?: number;
  options: PcaOptions;
  warnings: string[];
}

/** The options of an untrusted event, checked. */
export function parsePcaOptions(_input: unknown): PcaOptions {
  throw new Error('to be filled');
}

/** Fits a PCA to moments. */
export async function fitPca(
  _moments: Moments,
  _options: PcaOptions,
  _products: MatrixProducts,
): Promise<FittedPca> {
  throw new Error('to be filled');
}

/** Projects rows [n × d] to [n × k]. */
export async function projectRows(
  _pca: FittedPca,
  _rows: Float32Array,
  _n: number,
  _products: MatrixProducts,
): Promise<Float32Array> {
  throw new Error('to be filled');
}

/** The fitted PCA as an ONNX model, `features` float [N, d] → `pca_features` float [N, k]. */
export function encodePcaOnnx(_pca: FittedPca): Uint8Array {
  throw new Error('to be filled');
}
