import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { createMatrixProducts } from '../../../functions/adapters/onnx-matrix.ts';
import { decodeModelMetadata } from '../../../functions/core/onnx/onnx-graph.ts';
import { addRows, emptyMoments } from '../../../functions/core/pca/moments.ts';
import { fitPca } from '../../../functions/core/pca/pca.ts';
import { parsePcaOptions } from '../../../functions/core/pca/pca-options.ts';
import { encodePcaOnnx, projectRows } from '../../../functions/core/pca/projection.ts';
import { randomRows } from '../numbers.ts';

const MODEL = 'test@0123456789ab';
const native = createMatrixProducts();
const [n, d, k] = [300, 90, 12];

for (const projection of ['centered', 'spark'] as const) {
  for (const standardize of [true, false]) {
    for (const mean of [0, 1e4]) {
      const kind = `${projection}, ${standardize ? 'standardized' : 'as they are'}, means about ${mean}`;
      test(`pca.onnx gives the projected column to float32 rounding: ${kind}`, async () => {
        const rows = Float32Array.from(randomRows(n, d, 1, mean));
        const pca = await fit(rows, { components: k, standardize, projection });
        const expected = await projectRows(pca, rows, n, native);
        const actual = await runOnnx(encodePcaOnnx(pca), rows);
        assert.equal(actual.length, n * k);
        for (let r = 0; r < n; r++) {
          // Ninety products of float32 numbers, each rounded to 6e-8 of itself, and their sum.
          const reach = Math.hypot(
            ...rowOf(rows, r, d).map(
              (x, i) => (x - (projection === 'spark' ? 0 : pca.mean[i]!)) / pca.scale[i]!,
            ),
          );
          for (let c = 0; c < k; c++) {
            const apart = Math.abs(actual[r * k + c]! - expected[r * k + c]!);
            assert.ok(apart <= 5e-7 * reach, `row ${r}, component ${c}: ${apart} at length ${reach}`);
          }
        }
      });
    }
  }
}

test('"spark" differs from "centered" by one constant a component: the projected mean', async () => {
  const rows = Float32Array.from(randomRows(n, d, 2, 3));
  for (const standardize of [true, false]) {
    const centered = await fit(rows, { components: k, standardize, projection: 'centered' });
    const spark = await fit(rows, { components: k, standardize, projection: 'spark' });
    assert.deepEqual(spark.components, centered.components);
    const [a, b] = [await projectRows(spark, rows, n, native), await projectRows(centered, rows, n, native)];
    for (let c = 0; c < k; c++) {
      let constant = 0;
      for (let i = 0; i < d; i++)
        constant += (centered.mean[i]! / centered.scale[i]!) * centered.components[c * d + i]!;
      for (let r = 0; r < n; r++) {
        // Both are rounded to float32, at up to some tens.
        assert.ok(Math.abs(a[r * k + c]! - b[r * k + c]! - constant) < 1e-5, `row ${r}, component ${c}`);
      }
    }
  }
});

test('pca.onnx takes any number of rows, says whose features it takes, and is the same bytes every time', async () => {
  const rows = Float32Array.from(randomRows(n, d, 3));
  const pca = await fit(rows, { components: k });
  const bytes = encodePcaOnnx(pca);
  assert.deepEqual(encodePcaOnnx(pca), bytes);
  assert.deepEqual(decodeModelMetadata(bytes), { name: 'pca', features: MODEL, projection: 'centered' });
  assert.equal((await runOnnx(bytes, rows.subarray(0, d))).length, k);
});

async function fit(rows: Float32Array, options: object) {
  const moments = emptyMoments(MODEL, d);
  await addRows(moments, rows, n, native);
  return fitPca(moments, parsePcaOptions(options), native);
}

async function runOnnx(bytes: Uint8Array, rows: Float32Array): Promise<Float32Array> {
  const session = await InferenceSession.create(bytes);
  const { pca_features } = await session.run({ features: new Tensor('float32', rows, [rows.length / d, d]) });
  assert.deepEqual(pca_features!.dims, [rows.length / d, k]);
  return pca_features!.data as Float32Array;
}

function rowOf(rows: Float32Array, r: number, width: number): number[] {
  return Array.from(rows.subarray(r * width, (r + 1) * width));
}
