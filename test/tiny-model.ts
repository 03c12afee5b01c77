/** A very small extractor that honours the contract: the mean red, green and blue of a photo, times a weight each. */
import { encodeModel, type GraphNode, type Model, node, tensor } from '../functions/core/onnx/onnx-graph.ts';

/**
 * Encodes it.
 *
 * @param changes replaces parts of the graph, to break the contract
 */
export function encodeTinyModel(changes: Partial<Model> = {}): Uint8Array {
  return encodeModel({
    graph: 'tiny',
    inputs: [{ name: 'image', type: 'uint8', dims: [1, 'H', 'W', 3] }],
    outputs: [{ name: 'features', type: 'float', dims: [1, 3] }],
    nodes: tinyNodes('image'),
    initializers: [
      tensor('axes', 'int64', [2], BigInt64Array.of(1n, 2n)),
      tensor('weights', 'float', [3], Float32Array.of(1, 10, 100)),
    ],
    opset: 18,
    metadata: { name: 'tiny' },
    ...changes,
  });
}

/** Its nodes, over an input and to an output of these names. */
export function tinyNodes(input: string, output = 'features'): GraphNode[] {
  return [
    node('Cast', [input], ['floats'], { to: { int: 1 } }),
    node('ReduceMean', ['floats', 'axes'], ['means'], { keepdims: { int: 0 } }),
    node('Mul', ['means', 'weights'], [output]),
  ];
}
