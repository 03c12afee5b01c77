import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ContractBroken } from '../../functions/core/errors.ts';
import { encodeMobileNetV2 } from '../../model/mobilenetv2.ts';
import { readSafetensors } from '../../model/safetensors.ts';
import { makeWeights } from './weights.ts';

interface Entry {
  dtype: string;
  shape: readonly number[];
  bytes: Uint8Array;
}

/** A safetensors file: header length (8 bytes, little-endian), JSON header, tensors one after the other. */
function safetensors(entries: Record<string, Entry>, metadata?: Record<string, string>): Buffer {
  let offset = 0;
  const header: Record<string, unknown> = metadata ? { __metadata__: metadata } : {};
  for (const [name, { dtype, shape, bytes }] of Object.entries(entries)) {
    header[name] = { dtype, shape, data_offsets: [offset, offset + bytes.length] };
    offset += bytes.length;
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, ...Object.values(entries).map(({ bytes }) => bytes)]);
}

const halves = (...bits: number[]) => new Uint8Array(Uint16Array.from(bits).buffer);
const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);

test('float32 and float16 tensors are read with their names, shapes and the notes of the file', () => {
  const file = safetensors(
    {
      'a/kernel': { dtype: 'F32', shape: [1, 3], bytes: floats(1.5, -2, 3e-30) },
      'a/bias': { dtype: 'F16', shape: [2], bytes: halves(0x3c00, 0xc100) },
    },
    { name: 'small' },
  );
  const { tensors, metadata } = readSafetensors(file, 'x');
  assert.deepEqual(metadata, { name: 'small' });
  assert.deepEqual(
    [...tensors],
    [
      ['a/kernel', { dims: [1, 3], data: Float32Array.of(1.5, -2, 3e-30) }],
      ['a/bias', { dims: [2], data: Float32Array.of(1, -2.5) }],
    ],
  );
});

test('every kind of float16 is widened exactly', () => {
  // From IEEE 754-2019: 1/3 to the nearest, largest, smallest normal, largest and smallest subnormal, zeros, infinities.
  const cases: [bits: number, value: number][] = [
    [0x3555, 0.333251953125],
    [0x7bff, 65504],
    [0x0400, 2 ** -14],
    [0x03ff, 2 ** -14 - 2 ** -24],
    [0x8001, -(2 ** -24)],
    [0x0000, 0],
    [0x8000, -0],
    [0x7c00, Number.POSITIVE_INFINITY],
    [0xfc00, Number.NEGATIVE_INFINITY],
    [0x7e00, Number.NaN],
  ];
  const bytes = halves(...cases.map(([bits]) => bits));
  const { tensors } = readSafetensors(
    safetensors({ t: { dtype: 'F16', shape: [cases.length], bytes } }),
    'x',
  );
  const found = Array.from(tensors.get('t')!.data);
  cases.forEach(([bits, value], i) => {
    assert.ok(Object.is(found[i], value), `0x${bits.toString(16)} is ${found[i]}, should be ${value}`);
  });
});

test('weights kept as float32 in one safetensors file make the very same model', () => {
  const weights = makeWeights(3);
  const file = safetensors(
    Object.fromEntries(
      [...weights].map(([name, { dims, data }]) => [
        name,
        { dtype: 'F32', shape: dims, bytes: new Uint8Array(data.buffer) },
      ]),
    ),
  );
  const { tensors } = readSafetensors(file, 'x');
  assert.deepEqual(encodeMobileNetV2(tensors, { name: 'm' }), encodeMobileNetV2(weights, { name: 'm' }));
});

const whole = safetensors({ 'a/bias': { dtype: 'F32', shape: [2], bytes: floats(1, 2) } });
for (const [what, bytes, message] of [
  ['a cut-off file', whole.subarray(0, -3), /a\/bias \[2\] needs 8 bytes, has 5/],
  ['a header cut off', whole.subarray(0, 20), /header does not fit in its 20 bytes/],
  ['an empty file', new Uint8Array(0), /header does not fit in its 0 bytes/],
  [
    'a header that is no JSON',
    Buffer.concat([whole.subarray(0, 8), Buffer.alloc(100)]),
    /header is not JSON/,
  ],
  [
    'a shape that does not fill its bytes',
    safetensors({ t: { dtype: 'F32', shape: [3], bytes: floats(1, 2) } }),
    /t \[3\] needs 12 bytes, has 8/,
  ],
  [
    'bfloat16',
    safetensors({ t: { dtype: 'BF16', shape: [1], bytes: halves(0) } }),
    /t should be F16 or F32, is BF16/,
  ],
] as const) {
  test(`${what} is refused, naming the file`, () => {
    assert.throws(
      () => readSafetensors(bytes, 'model/fruit.safetensors'),
      (error) =>
        error instanceof ContractBroken &&
        error.message.startsWith('model/fruit.safetensors ') &&
        message.test(error.message),
    );
  });
}
