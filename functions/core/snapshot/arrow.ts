import {
  Field,
  Float32,
  List,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Table,
  TimestampMillisecond,
  tableToIPC,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import type { SpooledRow } from '../spool/spool.ts';

/** Some rows of a snapshot, ready to be written. */
export interface SnapshotRows {
  model: string;
  rows: SpooledRow[];
  /** Row-major Float32Array [rows × d]. */
  features: Float32Array;
  /** Row-major Float32Array [rows × k]. */
  pcaFeatures: Float32Array;
}

/**
 * The columns of a part. Lists have Parquet's three levels with the names of the specification
 * (`list.element`), so that Spark and Athena see `array<float>`. The time is in milliseconds, which is all
 * the table has; nanoseconds are what older readers trip over.
 *
 * @see https://github.com/apache/parquet-format/blob/master/LogicalTypes.md
 */
const SCHEMA = new Schema([
  new Field('path', new Utf8(), false),
  new Field('label', new Utf8(), true),
  new Field('features', floatList(), false),
  new Field('pca_features', floatList(), false),
  new Field('etag', new Utf8(), false),
  new Field('model', new Utf8(), false),
  new Field('featurized_at', new TimestampMillisecond('UTC'), false),
]);

/** The columns as a manifest lists them. */
export const COLUMNS = SCHEMA.fields.map(({ name, type, nullable }) => ({
  name,
  type: type instanceof List ? 'list<float>' : type instanceof Utf8 ? 'string' : 'timestamp (ms, UTC)',
  nullable,
}));

/**
 * Rows as one record batch in Arrow's IPC stream format, which is how they cross into WebAssembly. The
 * numbers are copied once.
 *
 * @see https://arrow.apache.org/docs/format/Columnar.html#ipc-streaming-format
 */
export function encodeArrow({ model, rows, features, pcaFeatures }: SnapshotRows): Uint8Array {
  const children = [
    strings(rows.map(({ path }) => path)),
    strings(rows.map(({ label }) => label)),
    lists(features, rows.length),
    lists(pcaFeatures, rows.length),
    strings(rows.map(({ etag }) => etag)),
    strings(rows.map(() => model)),
    times(rows.map(({ featurizedAt }) => featurizedAt)),
  ];
  const data = makeData({ type: new Struct(SCHEMA.fields), length: rows.length, nullCount: 0, children });
  return tableToIPC(new Table(SCHEMA, new RecordBatch(SCHEMA, data)), 'stream');
}

function floatList(): List<Float32> {
  return new List(new Field('element', new Float32(), false));
}

function strings(values: (string | null)[]) {
  return vectorFromArray(values, new Utf8()).data[0]!;
}

function times(milliseconds: number[]) {
  const data = BigInt64Array.from(milliseconds, BigInt);
  return makeData({ type: new TimestampMillisecond('UTC'), length: data.length, nullCount: 0, data });
}

/** A list column over one flat array, without copying it. */
function lists(values: Float32Array, rows: number) {
  const width = values.length / rows;
  return makeData({
    type: floatList(),
    length: rows,
    nullCount: 0,
    valueOffsets: Int32Array.from({ length: rows + 1 }, (_, row) => row * width),
    child: makeData({ type: new Float32(), length: values.length, nullCount: 0, data: values }),
  });
}
