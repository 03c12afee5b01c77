import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { ContractBroken } from '../../functions/core/errors.ts';
import { decodeModelMetadata } from '../../functions/core/onnx/onnx-graph.ts';
import { seeded } from '../../functions/core/seeded.ts';
import { encodeMobileNetV2, type Layer, listLayers, type Weights } from '../../model/mobilenetv2.ts';
import { readManifest } from '../../model/weights.ts';
import { makeWeights } from './weights.ts';

const weights = makeWeights(1);
const bytes = encodeMobileNetV2(weights, { name: 'made-up' });

test('the layers are those of the published network, in its order and shapes', () => {
  const expected = readManifest().layers.map(({ layer, kernelLayout, kernel, bias }) => {
    const [a, b, , d] = kernel.shape as [number, number, number, number];
    const isDepthwise = kernelLayout === 'ihwo';
    const [output, input] = isDepthwise ? [d, d] : [a, d];
    assert.deepEqual(bias.shape, [output]);
    return { name: layer, input, output, isDepthwise, side: b };
  });
  const found = listLayers().map(({ name, input, output, isDepthwise, side }) => ({
    name,
    input,
    output,
    isDepthwise,
    side,
  }));
  assert.equal(found.length, 52);
  assert.deepEqual(found, expected);
});

test('strides and residuals lie where TensorFlow has them', () => {
  const layers = listLayers();
  const blocks = (choose: (layer: Layer) => boolean) =>
    layers.filter(choose).map(({ name }) => Number(/conv_(\d+)\//.exec(name)?.[1] ?? 0));
  // Block 0 here is the first convolution, the only one outside a block with a stride.
  assert.deepEqual(
    blocks(({ stride }) => stride === 2),
    [0, 1, 3, 6, 13],
  );
  assert.deepEqual(
    blocks(({ endsResidual }) => endsResidual),
    [2, 4, 5, 7, 8, 9, 11, 12, 14, 15],
  );
});

test('the graph computes what a plain forward pass in float64 does', { timeout: 60_000 }, async (t) => {
  const random = seeded(2);
  const image = new Uint8Array(224 * 224 * 3).map(() => random() * 256);
  const session = await InferenceSession.create(bytes);
  const { features } = await session.run({ image: new Tensor('uint8', image, [1, 224, 224, 3]) });
  const found = features!.data as Float32Array;
  const expected = forward(image, weights);
  let difference = 0;
  for (let i = 0; i < 1280; i++) difference = Math.max(difference, Math.abs(found[i]! - expected[i]!));
  t.diagnostic(`largest difference ${difference}`);
  assert.deepEqual(features!.dims, [1, 1280]);
  // float32 keeps 6e-8 of a value up to 6; through 52 layers of sums about a hundredfold of that.
  assert.ok(difference < 1e-4, `largest difference ${difference}`);
  // The comparison says something only where the features differ from one another and from ReLU6's limits.
  const inside = found.filter((value) => value > 0.1 && value < 5.9).length;
  assert.ok(inside > 600, `${inside} features between the limits`);
});

test('the same weights give the same bytes, and the name lies in the metadata', () => {
  assert.deepEqual(encodeMobileNetV2(makeWeights(1), { name: 'made-up' }), bytes);
  assert.deepEqual(decodeModelMetadata(bytes), { name: 'made-up' });
});

test('a missing tensor and one of another shape are refused by name', () => {
  const without = new Map(weights);
  without.delete('MobilenetV2/expanded_conv_7/project/bias');
  assert.throws(
    () => encodeMobileNetV2(without, { name: 'made-up' }),
    (error) =>
      error instanceof ContractBroken &&
      /lack the tensor MobilenetV2\/expanded_conv_7\/project\/bias \[64\]/.test(error.message),
  );
  // A depthwise kernel in PyTorch's order.
  const key = 'MobilenetV2/expanded_conv/depthwise/kernel';
  const transposed = new Map(weights).set(key, { dims: [32, 1, 3, 3], data: new Float32Array(288) });
  assert.throws(
    () => encodeMobileNetV2(transposed, { name: 'made-up' }),
    (error) =>
      error instanceof ContractBroken &&
      /should have the shape \[1, 3, 3, 32\], has \[32, 1, 3, 3\]/.test(error.message),
  );
});

interface Planes {
  /** Float64 [channels × side × side]. */
  data: Float64Array;
  side: number;
}

/** The network written out: the paper's layers with TensorFlow's SAME padding, in float64. */
function forward(image: Uint8Array, weights: Weights): Float64Array {
  let current: Planes = { data: new Float64Array(image.length), side: 224 };
  const area = 224 * 224;
  for (let i = 0; i < image.length; i++) {
    current.data[(i % 3) * area + Math.floor(i / 3)] = image[i]! / 127.5 - 1;
  }
  let blockInput = current;
  for (const layer of listLayers()) {
    current = convolve(current, layer, weights);
    if (layer.name.endsWith('/project')) {
      // A block adds what it was given wherever the shapes agree.
      if (blockInput.data.length === current.data.length) {
        current.data.forEach((value, i) => {
          current.data[i] = value + blockInput.data[i]!;
        });
      }
      blockInput = current;
    } else {
      current.data.forEach((value, i) => {
        current.data[i] = Math.min(Math.max(value, 0), 6);
      });
      if (layer.name === 'MobilenetV2/Conv') blockInput = current;
    }
  }
  const pixels = current.side ** 2;
  return new Float64Array(1280).map(
    (_, c) => current.data.subarray(c * pixels, (c + 1) * pixels).reduce((sum, x) => sum + x, 0) / pixels,
  );
}

function convolve({ data, side }: Planes, layer: Layer, weights: Weights): Planes {
  const { name, input, output, isDepthwise, side: k, stride } = layer;
  const kernel = weights.get(`${name}/kernel`)!.data;
  const bias = weights.get(`${name}/bias`)!.data;
  const outSide = Math.ceil(side / stride);
  // TensorFlow: padding in all, its smaller half above and to the left.
  const before = Math.floor(Math.max((outSide - 1) * stride + k - side, 0) / 2);
  const result = new Float64Array(output * outSide * outSide);
  const channels = isDepthwise ? 1 : input;
  for (let o = 0; o < output; o++) {
    const plane = result.subarray(o * outSide * outSide, (o + 1) * outSide * outSide).fill(bias[o]!);
    for (let c = 0; c < channels; c++) {
      const source = (isDepthwise ? o : c) * side * side;
      for (let ky = 0; ky < k; ky++) {
        for (let kx = 0; kx < k; kx++) {
          const tap = ky * k + kx;
          const weight = kernel[isDepthwise ? tap * output + o : (o * k * k + tap) * input + c]!;
          for (let y = 0; y < outSide; y++) {
            const iy = y * stride + ky - before;
            if (iy < 0 || iy >= side) continue;
            for (let x = 0; x < outSide; x++) {
              const ix = x * stride + kx - before;
              if (ix >= 0 && ix < side) plane[y * outSide + x]! += weight * data[source + iy * side + ix]!;
            }
          }
        }
      }
    }
  }
  return { data: result, side: outSide };
}
