import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type Attribute,
  encodeModel,
  type GraphNode,
  node,
  type Tensor,
  tensor,
  type Value,
} from '../../../functions/core/onnx/onnx-graph.ts';
import { ModelProto } from '../../../functions/core/onnx/onnx-proto.ts';
import { findPillowResize } from '../../../functions/core/onnx/pillow-resize.ts';
import { encodeResizeOnly, IMAGE, resize } from '../../../model/preprocessing.ts';

test('the size to which a model resizes its photo is read from its graph', () => {
  assert.deepEqual(findPillowResize(encodeResizeOnly()), { width: 224, height: 224 });
  assert.deepEqual(findPillowResize(encode({ sizes: [1, 3, 160, 299] })), { width: 299, height: 160 });
});

test('what other exporters write beside it changes nothing', () => {
  const attributes = {
    nearest_mode: { string: 'floor' },
    extrapolation_value: { float: 0 },
    keep_aspect_ratio_policy: { string: 'stretch' },
  };
  assert.deepEqual(findPillowResize(encode({ attributes })), { width: 224, height: 224 });
});

describe('a photo is left to the model where its graph', () => {
  const another = (opType: string, input: string) => [node(opType, [input], ['other'])];
  const cases: Record<string, Changes> = {
    'filters otherwise': { attributes: { mode: { string: 'linear' } } },
    'has another coefficient, as PyTorch': { attributes: { cubic_coeff_a: { float: -0.75 } } },
    'does not filter while shrinking': { attributes: { antialias: { int: 0 } } },
    'repeats pixels at the border': { attributes: { exclude_outside: { int: 0 } } },
    'places pixels otherwise': {
      attributes: { coordinate_transformation_mode: { string: 'align_corners' } },
    },
    'keeps the aspect ratio': { attributes: { keep_aspect_ratio_policy: { string: 'not_larger' } } },
    'resizes some axes only': { attributes: { axes: { ints: [2, 3] } }, sizes: [224, 224] },
    'resizes by a scale': { inputs: ['planes', '', 'sizes'] },
    'computes the size': { inputs: ['planes', '', '', 'computed'] },
    'keeps another number of channels': { sizes: [1, 1, 224, 224] },
    'has another order of axes': { perm: [0, 3, 2, 1] },
    'reads the photo elsewhere too': { others: another('Shape', 'image') },
    'reads the planes elsewhere too': { others: another('Shape', 'planes') },
    'gives the planes out': { outputs: [{ name: 'planes', type: 'uint8', dims: [1, 3, 'H', 'W'] }] },
    'casts the photo first': { nodes: [node('Cast', ['image'], ['pixels'], { to: { int: 1 } })] },
    'does not read the photo': { nodes: [] },
  };
  for (const [what, changes] of Object.entries(cases)) {
    test(what, () => assert.equal(findPillowResize(encode(changes)), undefined));
  }
});

describe('the size may stand', () => {
  const size = { width: 224, height: 224 };
  for (const [where, move] of Object.entries<(graph: Graph) => void>({
    'in a Constant': (graph) => {
      const [sizes] = graph.initializer.splice(0);
      graph.node.unshift({
        opType: 'Constant',
        output: ['resize/sizes'],
        attribute: [{ name: 'value', type: TENSOR, t: sizes }],
      });
    },
    'as numbers instead of raw bytes': (graph) => {
      graph.initializer = [{ name: 'resize/sizes', dataType: INT64, dims: [4], int64Data: [1, 3, 224, 224] }];
    },
  })) {
    test(where, () => assert.deepEqual(findPillowResize(change(move)), size));
  }
});

describe('a photo is left to the model also where', () => {
  for (const [what, spoil] of Object.entries<(graph: Graph) => void>({
    'a node has a graph of its own, which could read it': (graph) => {
      graph.node.push({
        opType: 'If',
        input: ['condition'],
        output: ['x'],
        attribute: [{ name: 'a', type: GRAPH }],
      });
    },
    'another operator gives the size': (graph) => {
      const [sizes] = graph.initializer.splice(0);
      const attribute = [{ name: 'value', type: TENSOR, t: sizes }];
      graph.node.unshift({ opType: 'Random', output: ['resize/sizes'], attribute });
    },
    'the size is of 32 bits': (graph) => {
      graph.initializer = [{ name: 'resize/sizes', dataType: 6, dims: [4], int64Data: [1, 3, 224, 224] }];
    },
    'the size is zero': (graph) => {
      graph.initializer = [{ name: 'resize/sizes', dataType: INT64, dims: [4], int64Data: [1, 3, 0, 224] }];
    },
    'the batch is another': (graph) => {
      graph.initializer = [{ name: 'resize/sizes', dataType: INT64, dims: [4], int64Data: [2, 3, 224, 224] }];
    },
    'the planes are not resized': (graph) => {
      graph.node[1]!.opType = 'Upsample';
    },
    'a scale is given beside the size': (graph) => {
      graph.node[1]!.input![2] = 'scales';
    },
  })) {
    test(what, () => assert.equal(findPillowResize(change(spoil)), undefined));
  }
});

test('what is not an ONNX file is refused', () => {
  assert.throws(() => findPillowResize(Buffer.from('not a model')), {
    name: 'ContractBroken',
    message: 'Not an ONNX model: its 11 bytes do not parse as one',
  });
});

interface Changes {
  attributes?: Record<string, Attribute>;
  inputs?: string[];
  sizes?: number[];
  perm?: number[];
  others?: GraphNode[];
  nodes?: GraphNode[];
  outputs?: Value[];
}

/** The model's own resize, changed. */
function encode(changes: Changes): Uint8Array {
  const [, { attributes }] = resize().nodes as [GraphNode, GraphNode];
  const { perm = [0, 3, 1, 2], inputs = ['planes', '', '', 'sizes'], sizes = [1, 3, 224, 224] } = changes;
  const initializers: Tensor[] = [
    tensor('sizes', 'int64', [sizes.length], BigInt64Array.from(sizes.map(BigInt))),
  ];
  const nodes = [
    node('Transpose', ['image'], ['planes'], { perm: { ints: perm } }),
    node('Resize', inputs, ['pixels'], { ...attributes, ...changes.attributes }),
  ];
  return encodeModel({
    graph: 'changed',
    inputs: [IMAGE],
    outputs: [{ name: 'pixels', type: 'uint8', dims: [1, 3, 'h', 'w'] }, ...(changes.outputs ?? [])],
    nodes: [...(changes.nodes ?? nodes), ...(changes.others ?? [])],
    initializers,
    opset: 18,
  });
}

/** Of AttributeProto.AttributeType and TensorProto.DataType. */
const TENSOR = 4;
const GRAPH = 5;
const INT64 = 7;

interface Graph {
  node: { opType: string; input?: string[]; output: string[]; attribute: object[] }[];
  initializer: object[];
}

/** The model's own resize, changed in what encodeModel does not write. */
function change(changeGraph: (graph: Graph) => void): Uint8Array {
  const model = ModelProto.decode(encodeResizeOnly()) as unknown as { graph: Graph };
  changeGraph(model.graph);
  return ModelProto.encode(ModelProto.fromObject(model)).finish();
}
