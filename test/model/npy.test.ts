import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ContractBroken } from '../../functions/core/errors.ts';
import { readNpy } from '../../model/npy.ts';

/** A .npy file as NumPy writes it: magic, version, header padded with spaces to 64 bytes, data. */
function npy(header: string, data: Uint8Array, version: 1 | 2 = 1): Buffer {
  const start = version === 1 ? 10 : 12;
  const text = `${header.padEnd(Math.ceil((start + header.length + 1) / 64) * 64 - start - 1)}\n`;
  const head = Buffer.alloc(start);
  head.write('\x93NUMPY', 'latin1');
  head[6] = version;
  if (version === 1) head.writeUInt16LE(text.length, 8);
  else head.writeUInt32LE(text.length, 8);
  return Buffer.concat([head, Buffer.from(text), data]);
}

const header = (descr: string, shape: string, order = 'False') =>
  `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }`;
const floats = new Uint8Array(Float32Array.of(1, -2.5, 3e-30, 4, 5, 6).buffer);

test('float32 and uint8 arrays of any number of axes are read, from either version of the format', () => {
  const matrix = readNpy(npy(header('<f4', '(2, 3)'), floats), 'x');
  assert.deepEqual(matrix, { dims: [2, 3], data: Float32Array.of(1, -2.5, 3e-30, 4, 5, 6) });
  const vector = readNpy(npy(header('<f4', '(6,)'), floats, 2), 'x');
  assert.deepEqual(vector.dims, [6]);
  const bytes = readNpy(npy(header('|u1', '(1, 2, 1)'), Uint8Array.of(0, 255)), 'x');
  assert.deepEqual(bytes, { dims: [1, 2, 1], data: Uint8Array.of(0, 255) });
});

test('an array is read from the middle of a larger buffer, at any alignment', () => {
  const whole = Buffer.concat([Buffer.alloc(3), npy(header('<f4', '(6,)'), floats), Buffer.alloc(5)]);
  const { data } = readNpy(whole.subarray(3, -5), 'x');
  assert.deepEqual(data, Float32Array.of(1, -2.5, 3e-30, 4, 5, 6));
});

for (const [what, bytes, message] of [
  [
    'a cut-off file',
    npy(header('<f4', '(2, 3)'), floats.subarray(0, 20)),
    /needs 24 bytes of data, it has 20/,
  ],
  ['a file with too much in it', npy(header('<f4', '(2, 2)'), floats), /needs 16 bytes of data, it has 24/],
  ['an empty file', new Uint8Array(0), /does not begin with NUMPY/],
  ['another kind of file', Buffer.from('<html>not found, sorry</html>'), /does not begin with NUMPY/],
  ['doubles', npy(header('<f8', '(3,)'), floats), /should be <f4 or \|u1, are <f8/],
  ['column-major order', npy(header('<f4', '(2, 3)', 'True'), floats), /row-major order/],
  ['a header without a shape', npy("{'descr': '<f4'}", floats), /should name a shape/],
] as const) {
  test(`${what} is refused, naming the file`, () => {
    assert.throws(
      () => readNpy(bytes, 'weights/Const_90.npy'),
      (error) =>
        error instanceof ContractBroken &&
        error.message.startsWith('weights/Const_90.npy ') &&
        message.test(error.message),
    );
  });
}
