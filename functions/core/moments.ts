/**
 * Count, mean and scatter of rows, taken in a batch at a time: all that a PCA needs to know of them.
 *
 * Every batch is centred on its own mean before it is multiplied out, then joined to what is there; so a mean that is
 * large beside the spread costs no digits, and the result is the full fit's, not an approximation of it.
 * Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances" (1979).
 */
import { ContractBroken, InvalidRequest, ModelMismatch } from './errors.ts';
import type { MatrixProducts } from './matrix.ts';

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

/** Rows multiplied out at a time: enough that joining d² numbers costs little beside it; 21 MB at d = 1280. */
const BLOCK = 2048;

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
    scatter: new Float64Array(dimension ** 2),
  };
}

/**
 * Takes rows in, in place. Any number at a time gives the same moments to rounding, few at a time more slowly: every
 * call costs at least one pass over the d² numbers of the scatter matrix.
 *
 * @param rows row-major [n × d]; left as they are
 * @throws ModelMismatch when the rows do not have d features
 * @throws ContractBroken when a feature is not a finite number; the blocks of 2,048 rows before its own are taken in
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
  for (let start = 0; start < n; start += BLOCK) {
    const size = Math.min(BLOCK, n - start);
    const block = rows.subarray(start * d, (start + size) * d);
    const mean = meanOfRows(block, size, d, start);
    const scatter = await products.gram(centre(block, mean), size, d);
    joinInto(moments, { count: size, mean, scatter });
  }
}

/**
 * The moments of two disjoint sets of rows together.
 *
 * @throws ModelMismatch when they are not of one model and one dimension
 */
export function mergeMoments(a: Moments, b: Moments): Moments {
  requireSame(b, a);
  const merged = { ...a, mean: a.mean.slice(), scatter: a.scatter.slice() };
  joinInto(merged, b);
  return merged;
}

/**
 * Moments as bytes: one line of JSON that says what they are, then mean and scatter as little-endian float64.
 *
 * @returns 8·(d + d²) bytes and the line
 */
export function serializeMoments({ model, dimension, count, mean, scatter }: Moments): Uint8Array {
  const head = new TextEncoder().encode(
    `${JSON.stringify({ format: FORMAT, version: VERSION, model, dimension, count })}\n`,
  );
  const bytes = new Uint8Array(head.length + mean.byteLength + scatter.byteLength);
  bytes.set(head);
  // Every platform that onnxruntime-node is built for is little-endian, so the arrays' own bytes are the format's.
  bytes.set(new Uint8Array(mean.buffer, mean.byteOffset, mean.byteLength), head.length);
  bytes.set(
    new Uint8Array(scatter.buffer, scatter.byteOffset, scatter.byteLength),
    head.length + mean.byteLength,
  );
  return bytes;
}

/**
 * Moments out of the bytes that {@link serializeMoments} made.
 *
 * @throws ContractBroken when the bytes are not whole moments of a version known here
 * @throws ModelMismatch when they are not of the model and dimension expected
 */
export function deserializeMoments(
  bytes: Uint8Array,
  expected: { model: string; dimension: number },
): Moments {
  const end = bytes.indexOf(LINE_FEED) + 1;
  const { format, version, model, dimension, count } = parseHead(bytes.subarray(0, end));
  if (format !== FORMAT || version !== VERSION) {
    throw new ContractBroken(`Not moments of version ${VERSION}: format ${format}, version ${version}`);
  }
  requireSame({ model, dimension }, expected);
  const numbers = expected.dimension + expected.dimension ** 2;
  if (bytes.length !== end + 8 * numbers || !Number.isSafeInteger(count) || count < 0) {
    throw new ContractBroken(
      `Damaged moments: ${bytes.length} bytes, count ${count}; ${end + 8 * numbers} bytes are needed at d = ${dimension}`,
    );
  }
  const values = new Float64Array(bytes.slice(end).buffer);
  return { model, dimension, count, mean: values.slice(0, dimension), scatter: values.slice(dimension) };
}

const FORMAT = 'verger-moments';
const VERSION = 1;
const LINE_FEED = 10;

function parseHead(line: Uint8Array) {
  try {
    return JSON.parse(new TextDecoder().decode(line));
  } catch (cause) {
    throw new ContractBroken('Not moments: they do not begin with a line of JSON', { cause });
  }
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

/** Measured from the first row, so that a column of equal numbers has exactly that number as its mean. */
function meanOfRows(rows: Float32Array | Float64Array, n: number, d: number, start: number): Float64Array {
  const sums = new Float64Array(d);
  for (let r = 1; r < n; r++) for (let i = 0; i < d; i++) sums[i]! += rows[r * d + i]! - rows[i]!;
  const mean = sums.map((sum, i) => rows[i]! + sum / n);
  if (!mean.every(Number.isFinite)) {
    const at = rows.findIndex((value) => !Number.isFinite(value));
    throw new ContractBroken(
      `Row ${start + Math.floor(at / d)}, feature ${at % d} is ${rows[at]}: features must be finite numbers`,
    );
  }
  return mean;
}

function centre(rows: Float32Array | Float64Array, mean: Float64Array): Float64Array {
  const d = mean.length;
  const centred = new Float64Array(rows.length);
  for (let r = 0; r < rows.length; r += d)
    for (let i = 0; i < d; i++) centred[r + i] = rows[r + i]! - mean[i]!;
  return centred;
}

/** a becomes a and b together. Nothing is awaited in here, so two batches may be under way at once. */
function joinInto(a: Moments, b: Pick<Moments, 'count' | 'mean' | 'scatter'>): void {
  const d = a.dimension;
  const count = a.count + b.count;
  if (b.count === 0) return;
  const apart = b.mean.map((value, i) => value - a.mean[i]!);
  const share = b.count / count;
  for (let i = 0; i < d; i++) {
    const factor = apart[i]! * a.count * share;
    for (let j = 0; j < d; j++) a.scatter[i * d + j]! += b.scatter[i * d + j]! + factor * apart[j]!;
    // From nothing the mean is b's to the last bit.
    a.mean[i] = a.count === 0 ? b.mean[i]! : a.mean[i]! + apart[i]! * share;
  }
  a.count = count;
}
