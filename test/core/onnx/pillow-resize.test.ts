import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ContractBroken } from '../../../functions/core/errors.ts';
import {
  type Attribute,
  encodeModel,
  type GraphNode,
  node,
  type Tensor,
  tensor,
  type Value,
} from '../../../functions/core/onnx/onnx-graph.ts';
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

test('what is not an ONNX file is refused', () => {
  assert.throws(() => findPillowResize(Buffer.from('not a model')), ContractBroken);
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
