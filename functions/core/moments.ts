import type { MatrixProducts } from './matrix.ts';

/** Count, mean and scatter of rows: all that a PCA needs to know of them. */
export interface Moments {
  /** Whose features these are: `<name>@<first 12 hex digits of the ONNX file's SHA-256>`. */
  readonly model: string;
  /** Features in a row, d. */
  readonly dimension: number;
  /** Rows taken in, n. */
  count: number;
  /** Float64Array [d]. */
  readonly mean: Float64Array;
  /** Σ (x − mean)(x − mean)ᵀ, row-major Float64Array [d × d]; divided by n − 1 it is the covariance. */
  readonly scatter: Float64Array;
}

/** The moments of no rows at all. */
export function emptyMoments(model: string, dimension: number): Moments {
  return {
    model,
    dimension,
    count: 0,
    mean: new Float64Array(dimension),
    scatter: new Float64Array(dimension ** 2),
  };
}

/** Takes rows in, in place. */
export async function addRows(
  _moments: Moments,
  _rows: Float32Array | Float64Array,
  _n: number,
  _products: MatrixProducts,
): Promise<void> {
  throw new Error('to be filled');
}

/** The moments of two disjoint sets of rows together. */
export function mergeMoments(_a: Moments, _b: Moments): Moments {
  throw new Error('to be filled');
}

/** Moments as bytes. */
export function serializeMoments(_moments: Moments): Uint8Array {
  throw new Error('to be filled');
}

/** Moments out of bytes, refused when they are not of the model and dimension expected. */
export function deserializeMoments(
  _bytes: Uint8Array,
  _expected: { model: string; dimension: number },
): Moments {
  throw new Error('to be filled');
}
