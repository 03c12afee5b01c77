/**
 * MobileNetV2 1.0 as an ONNX graph, from its weights.
 *
 * M. Sandler et al., MobileNetV2: Inverted Residuals and Linear Bottlenecks, 2018, https://arxiv.org/abs/1801.04381;
 * layer names and padding as in TensorFlow's slim/nets/mobilenet. Batch normalisation is folded into the
 * convolutions, and the classifier is left out: the features before it are the output.
 */
import { ContractBroken } from '../functions/core/errors.ts';
import { encodeModel, type GraphNode, node, type Tensor, tensor } from '../functions/core/onnx/onnx-graph.ts';
import { IMAGE, OPSET, resize, scale } from './preprocessing.ts';

/**
 * Every tensor by name, in TensorFlow Lite's order: `<layer>/kernel` [out, height, width, in], or [1, height, width,
 * channels] for a depthwise layer, and `<layer>/bias` [out].
 */
export type Weights = ReadonlyMap<string, { dims: readonly number[]; data: Float32Array }>;

/** One convolution of the network. */
export interface Layer {
  name: string;
  /** Channels in and out; a depthwise layer has a filter of its own for each. */
  input: number;
  output: number;
  isDepthwise: boolean;
  /** Side of the square kernel. */
  side: 1 | 3;
  stride: 1 | 2;
  /** The linear bottlenecks, `project`, have no activation. */
  hasRelu6: boolean;
  /** Whether what the block was given is added to what this layer gives. */
  endsResidual: boolean;
}

/** Number of features: the channels of the last convolution. */
export const DIMENSION = 1280;

/**
 * Encodes the network with its preprocessing as an ONNX file:
 * `image` uint8 [1, H, W, 3] → `features` float [1, 1280], each 0…6.
 *
 * @param metadata written into the file; `name` is the first half of the model's id
 * @returns the bytes of the file; the same for the same weights and metadata
 * @throws ContractBroken when a tensor is missing or has another shape
 */
export function encodeMobileNetV2(
  weights: Weights,
  metadata: Record<string, string> & { name: string },
): Uint8Array {
  const parts = [resize(), scale()];
  const initializers: Tensor[] = [
    tensor('relu6/min', 'float', [], Float32Array.of(0)),
    tensor('relu6/max', 'float', [], Float32Array.of(6)),
  ];
  const nodes: GraphNode[] = [];
  let current = 'scaled';
  let blockInput = current;
  for (const layer of listLayers()) {
    initializers.push(...kernelAndBias(layer, weights));
    if (!layer.hasRelu6) {
      nodes.push(convolution(layer, current, layer.name));
    } else {
      nodes.push(convolution(layer, current, `${layer.name}/sums`));
      nodes.push(node('Clip', [`${layer.name}/sums`, 'relu6/min', 'relu6/max'], [layer.name]));
    }
    current = layer.name;
    if (layer.endsResidual) {
      nodes.push(node('Add', [blockInput, current], [`${layer.name}/add`]));
      current = `${layer.name}/add`;
    }
    if (!layer.hasRelu6) blockInput = current;
  }
  nodes.push(node('GlobalAveragePool', [current], ['averages']), node('Flatten', ['averages'], ['features']));
  return encodeModel({
    graph: metadata.name,
    inputs: [IMAGE],
    outputs: [{ name: 'features', type: 'float', dims: [1, DIMENSION] }],
    nodes: [...parts.flatMap((part) => part.nodes), ...nodes],
    initializers: [...parts.flatMap((part) => part.initializers), ...initializers],
    opset: OPSET,
    metadata,
  });
}

/** Table 2 of the paper: expansion, channels out, blocks, stride of the first block. */
const STAGES = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

/** The 52 convolutions in the order in which they run. */
export function listLayers(): Layer[] {
  const plain = { isDepthwise: false, side: 1, stride: 1, hasRelu6: true, endsResidual: false } as const;
  const layers: Layer[] = [{ ...plain, name: 'MobilenetV2/Conv', input: 3, output: 32, side: 3, stride: 2 }];
  let input = 32;
  let block = 0;
  for (const [expansion, output, blocks, firstStride] of STAGES) {
    for (let i = 0; i < blocks; i++, block++) {
      const name = `MobilenetV2/expanded_conv${block ? `_${block}` : ''}`;
      const stride = i === 0 ? firstStride : 1;
      const inner = input * expansion;
      if (expansion > 1) layers.push({ ...plain, name: `${name}/expand`, input, output: inner });
      layers.push({
        ...plain,
        name: `${name}/depthwise`,
        input: inner,
        output: inner,
        isDepthwise: true,
        side: 3,
        stride,
      });
      const endsResidual = stride === 1 && input === output;
      layers.push({ ...plain, name: `${name}/project`, input: inner, output, hasRelu6: false, endsResidual });
      input = output;
    }
  }
  return [...layers, { ...plain, name: 'MobilenetV2/Conv_1', input, output: DIMENSION }];
}

function convolution({ name, side, stride, isDepthwise, input }: Layer, from: string, to: string): GraphNode {
  // TensorFlow's SAME padding: a stride of 2 over an even size needs one row less, and that is left out above.
  const begin = side === 3 && stride === 1 ? 1 : 0;
  const end = side === 3 ? 1 : 0;
  return node('Conv', [from, `${name}/kernel`, `${name}/bias`], [to], {
    kernel_shape: { ints: [side, side] },
    strides: { ints: [stride, stride] },
    pads: { ints: [begin, begin, end, end] },
    group: { int: isDepthwise ? input : 1 },
  });
}

function kernelAndBias({ name, input, output, isDepthwise, side }: Layer, weights: Weights): Tensor[] {
  const [outer, inner] = isDepthwise ? [1, output] : [output, input];
  const kernel = findTensor(weights, `${name}/kernel`, [outer, side, side, inner]);
  const bias = findTensor(weights, `${name}/bias`, [output]);
  const dims = [output, isDepthwise ? 1 : input, side, side];
  return [
    tensor(`${name}/kernel`, 'float', dims, toOnnxOrder(kernel, side * side, inner)),
    tensor(`${name}/bias`, 'float', [output], bias),
  ];
}

function findTensor(weights: Weights, key: string, dims: number[]): Float32Array {
  const found = weights.get(key);
  if (!found) throw new ContractBroken(`The weights lack the tensor ${key} [${dims.join(', ')}]`);
  if (found.dims.join() !== dims.join()) {
    throw new ContractBroken(
      `The weights' tensor ${key} should have the shape [${dims.join(', ')}], has [${found.dims.join(', ')}]`,
    );
  }
  return found.data;
}

/** Moves the taps innermost: [out, taps, in] → [out, in, taps], which for depthwise [1, taps, channels] does too. */
function toOnnxOrder(kernel: Float32Array, taps: number, inner: number): Float32Array {
  const result = new Float32Array(kernel.length);
  for (let start = 0; start < kernel.length; start += taps * inner) {
    for (let tap = 0; tap < taps; tap++) {
      for (let i = 0; i < inner; i++) result[start + i * taps + tap] = kernel[start + tap * inner + i]!;
    }
  }
  return result;
}
