/** What a fitted PCA does to rows: in this process, and as an ONNX model for any other. */
import { ModelMismatch } from '../errors.ts';
import { encodeModel, node, tensor } from '../onnx/onnx-graph.ts';
import type { FittedPca } from './fitted-pca.ts';
import type { MatrixProducts } from './matrix.ts';

/** Rows multiplied out at a time: 10 MB in float64 at d = 1280. */
const BLOCK = 1024;

/**
 * Projects rows: (x − mean) / scale · componentsᵀ, in float64. The mean is multiplied out by itself and subtracted
 * last: a mean so large that this cost a digit of float64 would have left float32 rows no digit of their spread.
 *
 * With `projection: "spark"` nothing is subtracted: x / scale · componentsᵀ. Spark's PCAModel.transform multiplies
 * what it is given by the components and does not centre it (org.apache.spark.mllib.feature.PCAModel), so:
 * - with `standardize: false` this is PCA(k) on the rows as they are;
 * - with `standardize: true` this is StandardScaler() → PCA(k): Spark's scaler scales but, unless told so, does not
 *   centre (withMean defaults to false);
 * - StandardScaler(withMean=True) → PCA(k) has centred the rows already: that is `"centered"`.
 * Components are fitted to centred rows all the same, here as in Spark; a column projected so differs from the centered
 * one by a constant.
 *
 * @param rows row-major Float32Array [n × d]
 * @returns row-major Float32Array [n × k]
 * @throws ModelMismatch when the rows do not have the d features that the PCA was fitted to
 *
 * @example
 * const products = plainMatrixProducts;
 * const moments = emptyMoments('any', 2);
 * await addRows(moments, Float32Array.of(1, 0, 2, 0, 3, 0), 3, products);
 * const options = { components: 1, standardize: false, projection: 'centered' } as const;
 * const pca = await fitPca(moments, options, products);
 * await projectRows(pca, Float32Array.of(5, 0, 2, 0), 2, products); // → Float32Array(2) [ 3, 0 ]
 */
export async function projectRows(
  pca: FittedPca,
  rows: Float32Array,
  n: number,
  products: MatrixProducts,
): Promise<Float32Array> {
  const { dimension: d, k } = pca;
  if (rows.length !== n * d) {
    throw new ModelMismatch(
      `${rows.length} numbers are not ${n} rows of the ${d} features the PCA was fitted to`,
    );
  }
  const weights = weightsOf(pca);
  const origin = await products.multiply(shiftOf(pca), weights, 1, d, k);
  const projected = new Float32Array(n * k);
  for (let start = 0; start < n; start += BLOCK) {
    const size = Math.min(BLOCK, n - start);
    const block = rows.subarray(start * d, (start + size) * d);
    const product = await products.multiply(block, weights, size, d, k);
    for (let at = 0; at < product.length; at++) projected[start * k + at] = product[at]! - origin[at % k]!;
  }
  return projected;
}

/**
 * The fitted PCA as an ONNX model, `features` float [N, d] → `pca_features` float [N, k], for any runtime: what
 * {@link projectRows} gives, to the rounding of float32.
 *
 * The mean is subtracted before the product, for a large one would drown the result; what rounding it to float32 takes
 * from it is added after.
 */
export function encodePcaOnnx(pca: FittedPca): Uint8Array {
  const { dimension: d, k } = pca;
  const weights = weightsOf(pca);
  const shift = shiftOf(pca);
  const rounded = Float32Array.from(shift);
  const rest = new Float32Array(k);
  for (let c = 0; c < k; c++) {
    let sum = 0;
    for (let i = 0; i < d; i++) sum += (rounded[i]! - shift[i]!) * weights[i * k + c]!;
    rest[c] = sum;
  }
  return encodeModel({
    graph: 'pca',
    inputs: [{ name: 'features', type: 'float', dims: ['N', d] }],
    outputs: [{ name: 'pca_features', type: 'float', dims: ['N', k] }],
    nodes: [
      node('Sub', ['features', 'mean'], ['centered']),
      node('Gemm', ['centered', 'weights', 'rest'], ['pca_features']),
    ],
    initializers: [
      tensor('mean', 'float', [d], rounded),
      tensor('weights', 'float', [d, k], Float32Array.from(weights)),
      tensor('rest', 'float', [k], rest),
    ],
    opset: 13,
    metadata: { name: 'pca', features: pca.model, projection: pca.options.projection },
  });
}

/** What is subtracted from rows: Float64Array [d]. */
function shiftOf({ mean, dimension, options }: FittedPca): Float64Array {
  return options.projection === 'spark' ? new Float64Array(dimension) : mean;
}

/** Components over scale, one a column: row-major Float64Array [d × k]. */
function weightsOf({ components, scale, dimension: d, k }: FittedPca): Float64Array {
  const weights = new Float64Array(d * k);
  for (let c = 0; c < k; c++)
    for (let i = 0; i < d; i++) weights[i * k + c] = components[c * d + i]! / scale[i]!;
  return weights;
}
