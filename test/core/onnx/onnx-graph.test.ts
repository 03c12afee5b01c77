import assert from 'node:assert/strict';
import { test } from 'node:test';
import ort from 'onnxruntime-node';
import { ContractBroken, InvalidRequest } from '../../../functions/core/errors.ts';
import {
  decodeModelMetadata,
  encodeModel,
  type Model,
  node,
  tensor,
} from '../../../functions/core/onnx/onnx-graph.ts';

/** y = 2 · (xᵀ w) + b, with x [2, N] → y [N, 3] where N is symbolic. */
const gemm: Model = {
  graph: 'gemm',
  inputs: [{ name: 'x', type: 'double', dims: [2, 'N'] }],
  outputs: [{ name: 'y', type: 'double', dims: ['N', 3] }],
  nodes: [
    node('Gemm', ['x', 'w', 'b'], ['y'], { transA: { int: 1 }, transB: { int: 0 }, alpha: { float: 2 } }),
  ],
  initializers: [
    tensor('w', 'double', [2, 3], Float64Array.of(1, 2, 3, 4, 5, 6)),
    tensor('b', 'double', [3], Float64Array.of(0.1, 0.2, 0.3)),
  ],
  opset: 18,
  metadata: { name: 'a small one', licence: 'Apache-2.0', empty: '' },
};

async function run(
  model: Model,
  feeds: Record<string, ort.Tensor>,
): Promise<ort.InferenceSession.ReturnType> {
  const session = await ort.InferenceSession.create(encodeModel(model));
  return session.run(feeds);
}

test('onnxruntime computes what an encoded Gemm in float64 says, attributes of value 0 included', async () => {
  const { y } = await run(gemm, { x: new ort.Tensor('float64', [1, 2, 10, 20], [2, 2]) });
  assert.deepEqual(y?.dims, [2, 3]);
  // 2 · [[1, 10], [2, 20]] · [[1, 2, 3], [4, 5, 6]] + b; all but the bias exact in float64.
  const expected = [82.1, 104.2, 126.3, 164.1, 208.2, 252.3];
  assert.deepEqual(Array.from(y?.data as Float64Array), expected);
});

test('every element type and attribute kind arrives as it was given', async () => {
  const value = (name: string, type: Model['inputs'][number]['type'], dims: (number | string)[]) => ({
    name,
    type,
    dims,
  });
  const model: Model = {
    graph: 'types',
    inputs: [],
    outputs: [
      value('f', 'float', [2]),
      value('u', 'uint8', [2]),
      value('i', 'int64', [2]),
      value('h', 'float', [2]),
      value('ints', 'int64', [3]),
      value('floats', 'float', [2]),
      value('padded', 'float', [4]),
    ],
    nodes: [
      node('Identity', ['f0'], ['f']),
      node('Identity', ['u0'], ['u']),
      node('Identity', ['i0'], ['i']),
      node('Cast', ['h0'], ['h'], { to: { int: 1 } }),
      node('Constant', [], ['ints'], { value_ints: { ints: [0, -1, 2 ** 40] } }),
      node('Constant', [], ['floats'], { value_floats: { floats: [0, -0.5] } }),
      node('Pad', ['f0', 'pads'], ['padded'], { mode: { string: 'edge' } }),
    ],
    initializers: [
      tensor('f0', 'float', [2], Float32Array.of(1.5, -2)),
      // A view into the middle of a larger buffer: only its own bytes may be written.
      tensor('u0', 'uint8', [2], Uint8Array.of(9, 0, 255, 9).subarray(1, 3)),
      tensor('i0', 'int64', [2], BigInt64Array.of(-1n, 2n ** 53n)),
      tensor('h0', 'float16', [2], Uint16Array.of(0x3c00, 0xc100)), // 1.0 and −2.5
      tensor('pads', 'int64', [2], BigInt64Array.of(1n, 1n)),
    ],
    opset: 18,
  };
  const out = await run(model, {});
  const numbers = (name: string) => Array.from(out[name]?.data as ArrayLike<number | bigint>);
  assert.deepEqual(numbers('f'), [1.5, -2]);
  assert.deepEqual(numbers('u'), [0, 255]);
  assert.deepEqual(numbers('i'), [-1n, 2n ** 53n]);
  assert.deepEqual(numbers('h'), [1, -2.5]);
  assert.deepEqual(numbers('ints'), [0n, -1n, 2n ** 40n]);
  assert.deepEqual(numbers('floats'), [0, -0.5]);
  assert.deepEqual(numbers('padded'), [1.5, 1.5, -2, -2]);
});

test('a symbolic dimension takes any size and keeps its name', async () => {
  const session = await ort.InferenceSession.create(encodeModel(gemm));
  const [input] = session.inputMetadata;
  assert.deepEqual(input?.isTensor && input.shape, [2, 'N']);
  for (const n of [1, 5]) {
    const x = new ort.Tensor('float64', new Float64Array(2 * n), [2, n]);
    assert.deepEqual((await session.run({ x })).y?.dims, [n, 3]);
  }
});

test('the same model gives the same bytes', () => {
  assert.deepEqual(encodeModel(gemm), encodeModel(structuredClone(gemm)));
});

test('metadata is read back without the graph, whatever stands around it', () => {
  assert.deepEqual(decodeModelMetadata(encodeModel(gemm)), {
    name: 'a small one',
    licence: 'Apache-2.0',
    empty: '',
  });
  const { metadata: _, ...bare } = gemm;
  assert.deepEqual(decodeModelMetadata(encodeModel(bare)), {});
});

test('bytes that are no ONNX model are refused when their metadata is asked for', () => {
  const whole = encodeModel(gemm);
  assert.throws(() => decodeModelMetadata(whole.subarray(0, whole.length - 3)), ContractBroken);
  assert.throws(
    () => decodeModelMetadata(new TextEncoder().encode('<html>not found</html>')),
    ContractBroken,
  );
});

test('a tensor whose elements do not fill its shape is refused, naming it', () => {
  assert.throws(
    () => tensor('w', 'float', [2, 3], new Float32Array(5)),
    (error) =>
      error instanceof InvalidRequest && /Tensor w has 5 elements.*\[2, 3\] needs 6/.test(error.message),
  );
});
