import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { encodeNeighbours } from '../../../functions/core/snapshot/neighbours-parquet.ts';

/** Two neighbours each of three photos. */
const ROWS = ['a.jpg', 'Äpfel/🍎.jpg', 'b'].map((key) => ({
  key,
  label: null,
  etag: '',
  featurizedAt: 0,
  width: 1,
  height: 1,
  bytes: 1,
}));
const NEIGHBOURS = {
  each: 2,
  place: Int32Array.of(1, 2, 0, 2, 1, 0),
  similarity: Float32Array.of(0.75, 0.5, 0.75, -0.25, -0.25, -0.5),
};

function fileOf(bytes: Uint8Array): ArrayBuffer {
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
}

test('neighbours are told by path, best first and ranked from 1 on, as another reader reads them', async () => {
  const rows = await parquetReadObjects({ file: fileOf(encodeNeighbours(ROWS, NEIGHBOURS)) });
  assert.deepEqual(
    rows.map(({ path, neighbour, rank, similarity }) => [path, neighbour, rank, similarity]),
    [
      ['a.jpg', 'Äpfel/🍎.jpg', 1, 0.75],
      ['a.jpg', 'b', 2, 0.5],
      ['Äpfel/🍎.jpg', 'a.jpg', 1, 0.75],
      ['Äpfel/🍎.jpg', 'b', 2, -0.25],
      ['b', 'Äpfel/🍎.jpg', 1, -0.25],
      ['b', 'a.jpg', 2, -0.5],
    ],
  );
});

test('the columns of neighbours are required: two of text, an 8-bit rank and a float', () => {
  const { schema } = parquetMetadata(fileOf(encodeNeighbours(ROWS, NEIGHBOURS)));
  assert.deepEqual(
    schema
      .slice(1)
      .map(({ name, repetition_type, type, converted_type }) => [
        name,
        repetition_type,
        type,
        converted_type,
      ]),
    [
      ['path', 'REQUIRED', 'BYTE_ARRAY', 'UTF8'],
      ['neighbour', 'REQUIRED', 'BYTE_ARRAY', 'UTF8'],
      ['rank', 'REQUIRED', 'INT32', 'INT_8'],
      ['similarity', 'REQUIRED', 'FLOAT', undefined],
    ],
  );
});
