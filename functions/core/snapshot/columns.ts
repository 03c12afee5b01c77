/** The columns of a part, one entry each: everything that writes a column or tells of it reads this table. */
import {
  type Data,
  type DataType,
  Field,
  Float32,
  Int32,
  Int64,
  List,
  makeData,
  TimestampMicrosecond,
  Utf8,
} from 'apache-arrow';
import { KEY_COLUMN } from '../key-names.ts';
import type { SnapshotRows } from './rows.ts';

export interface Column {
  name: string;
  type: DataType;
  /** The type as a manifest names it. */
  typeName: string;
  nullable: boolean;
  /** The type in the schema of a Delta Lake table. */
  deltaType: string | object;
  /** The column's values of a batch of at least one row. */
  encode: (batch: SnapshotRows) => Data;
  /** Few distinct values: stored once each. */
  dictionary?: boolean;
  /** Smallest and largest value, kept for readers that skip by them: of each page, or of each row group. */
  statistics?: 'page' | 'chunk';
}

const string = { type: new Utf8(), typeName: 'string', deltaType: 'string', nullable: false };

/**
 * Lists have Parquet's three levels with the names of the specification (`list.element`), so that Spark and Athena
 * see `array<float>`.
 *
 * @see https://github.com/apache/parquet-format/blob/master/LogicalTypes.md
 */
const floats = {
  type: new List(new Field('element', new Float32(), false)),
  typeName: 'list<float>',
  deltaType: { type: 'array', elementType: 'float', containsNull: false },
  nullable: false,
};

/** In microseconds, as Delta Lake has them; the features table has milliseconds. */
const time = {
  type: new TimestampMicrosecond('UTC'),
  typeName: 'timestamp (µs, UTC)',
  deltaType: 'timestamp',
  nullable: false,
};

const int32 = { type: new Int32(), typeName: 'int32', deltaType: 'integer', nullable: false };
const int64 = { type: new Int64(), typeName: 'int64', deltaType: 'long', nullable: false };

export const COLUMNS: readonly Column[] = [
  { name: KEY_COLUMN, ...string, statistics: 'page', encode: texts((row) => row.key) },
  {
    name: 'label',
    ...string,
    nullable: true,
    dictionary: true,
    statistics: 'page',
    encode: texts((row) => row.label),
  },
  { name: 'features', ...floats, encode: ({ rows, features }) => lists(features, rows.length) },
  { name: 'pca_features', ...floats, encode: ({ rows, pcaFeatures }) => lists(pcaFeatures, rows.length) },
  { name: 'etag', ...string, encode: texts((row) => row.etag) },
  { name: 'model', ...string, dictionary: true, encode: texts((_, { model }) => model) },
  {
    name: 'featurized_at',
    ...time,
    statistics: 'chunk',
    encode: ({ rows }) => times(rows.map(({ featurizedAt }) => featurizedAt)),
  },
  { name: 'width', ...int32, encode: ({ rows }) => int32s(rows.map(({ width }) => width)) },
  { name: 'height', ...int32, encode: ({ rows }) => int32s(rows.map(({ height }) => height)) },
  { name: 'bytes', ...int64, encode: ({ rows }) => int64s(rows.map(({ bytes }) => bytes)) },
];

type Row = SnapshotRows['rows'][number];

function texts(textOf: (row: Row, batch: SnapshotRows) => string | null): Column['encode'] {
  return (batch) => {
    const values = batch.rows.map((row) => textOf(row, batch));
    const data = Buffer.allocUnsafe(3 * values.reduce((sum, value) => sum + (value?.length ?? 0), 0));
    const valueOffsets = new Int32Array(values.length + 1);
    const nullBitmap = new Uint8Array(Math.ceil(values.length / 8));
    let nullCount = 0;
    let end = 0;
    for (const [index, value] of values.entries()) {
      if (value === null) nullCount += 1;
      else {
        nullBitmap[index >> 3]! |= 1 << (index & 7);
        end += data.write(value, end);
      }
      valueOffsets[index + 1] = end;
    }
    return makeData({
      type: string.type,
      length: values.length,
      nullCount,
      ...(nullCount > 0 && { nullBitmap }),
      valueOffsets,
      data: data.subarray(0, end),
    });
  };
}

function times(milliseconds: number[]): Data {
  const data = BigInt64Array.from(milliseconds, (value) => BigInt(value) * 1000n);
  return makeData({ type: time.type, length: data.length, nullCount: 0, data });
}

function int32s(values: number[]): Data {
  return makeData({ type: int32.type, length: values.length, nullCount: 0, data: Int32Array.from(values) });
}

function int64s(values: number[]): Data {
  const data = BigInt64Array.from(values, BigInt);
  return makeData({ type: int64.type, length: data.length, nullCount: 0, data });
}

/** A list column over one flat array, without copying it. */
function lists(values: Float32Array, rows: number): Data {
  const width = values.length / rows;
  return makeData({
    type: floats.type,
    length: rows,
    nullCount: 0,
    valueOffsets: Int32Array.from({ length: rows + 1 }, (_, row) => row * width),
    child: makeData({ type: new Float32(), length: values.length, nullCount: 0, data: values }),
  });
}
