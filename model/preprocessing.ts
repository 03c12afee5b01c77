/**
 * The preprocessing inside the graph: whoever runs the model, in whatever language, gets the pixels that Pillow and
 * Keras would give.
 */
import {
  encodeModel,
  type GraphNode,
  node,
  type Tensor,
  tensor,
  type Value,
} from '../functions/core/onnx/onnx-graph.ts';

/** The square side, in pixels, that the network was trained on. */
export const SIDE = 224;

/** Operator set in which Resize learned to filter while shrinking (antialias). */
export const OPSET = 18;

/** The model's input: one photo of any size, 8-bit RGB, row-major, interleaved. */
export const IMAGE: Value = { name: 'image', type: 'uint8', dims: [1, 'H', 'W', 3] };

export interface Subgraph {
  nodes: GraphNode[];
  initializers: Tensor[];
}

/**
 * `image` uint8 [1, H, W, 3] → `pixels` uint8 [1, 3, 224, 224]: Pillow's `Image.resize((224, 224), BICUBIC)`.
 *
 * Pillow's bicubic is Keys' cubic convolution with a = −0.5 (R. Keys 1981), its taps spread when shrinking
 * (antialias), renormalised over those inside the photo (exclude_outside), and clamped to 0…255 after each of its
 * two passes. On uint8 onnxruntime does the same, in the same fixed-point arithmetic, clamping included; on float it
 * would not clamp.
 */
export function resize(): Subgraph {
  return {
    nodes: [
      node('Transpose', ['image'], ['planes'], { perm: { ints: [0, 3, 1, 2] } }),
      node('Resize', ['planes', '', '', 'resize/sizes'], ['pixels'], {
        mode: { string: 'cubic' },
        cubic_coeff_a: { float: -0.5 },
        antialias: { int: 1 },
        exclude_outside: { int: 1 },
        coordinate_transformation_mode: { string: 'half_pixel' },
      }),
    ],
    initializers: [
      tensor('resize/sizes', 'int64', [4], BigInt64Array.of(1n, 3n, BigInt(SIDE), BigInt(SIDE))),
    ],
  };
}

/** `pixels` uint8 → `scaled` float in −1…1: x / 127.5 − 1, as MobileNetV2 was trained. */
export function scale(): Subgraph {
  return {
    nodes: [
      node('Cast', ['pixels'], ['levels'], { to: { int: 1 } }),
      node('Div', ['levels', 'scale/half'], ['fractions']),
      node('Sub', ['fractions', 'scale/one'], ['scaled']),
    ],
    initializers: [
      tensor('scale/half', 'float', [], Float32Array.of(127.5)),
      tensor('scale/one', 'float', [], Float32Array.of(1)),
    ],
  };
}

/**
 * A model of the resize alone, for comparing its pixels with another implementation's.
 *
 * @returns an ONNX file: `image` uint8 [1, H, W, 3] → `pixels` uint8 [1, 3, 224, 224]
 */
export function encodeResizeOnly(): Uint8Array {
  return encodeModel({
    graph: 'resize',
    inputs: [IMAGE],
    outputs: [{ name: 'pixels', type: 'uint8', dims: [1, 3, SIDE, SIDE] }],
    ...resize(),
    opset: OPSET,
  });
}
