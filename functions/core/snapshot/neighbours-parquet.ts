import {
  Table as ArrowTable,
  Field,
  Float32,
  Int8,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  tableToIPC,
  Utf8,
} from 'apache-arrow';
import { Compression, Table, WriterPropertiesBuilder, writeParquet } from 'parquet-wasm/node';
import { KEY_COLUMN } from '../key-names.ts';
import type { Neighbours } from '../review/neighbours.ts';
import type { SpooledRow } from '../spool/spooled-row.ts';

const SCHEMA = new Schema([
  new Field(KEY_COLUMN, new Utf8(), false),
  new Field('neighbour', new Utf8(), false),
  new Field('rank', new Int8(), false),
  new Field('similarity', new Float32(), false),
]);

/**
 * `neighbours.parquet`: for each photo compared, in path order, the photos most like it: path, neighbour, rank from 1 on,
 * similarity (cosine of features). In memory as a whole: 50,000 photos of 8 neighbours take some 80 MB for a moment.
 */
export function encodeNeighbours(rows: SpooledRow[], { each, place, similarity }: Neighbours): Uint8Array {
  const length = place.length;
  const keys = rows.map(({ key }) => Buffer.from(key));
  const of = (keyAt: (at: number) => number) => {
    const valueOffsets = new Int32Array(length + 1);
    for (let at = 0; at < length; at++) valueOffsets[at + 1] = valueOffsets[at]! + keys[keyAt(at)]!.length;
    const data = new Uint8Array(valueOffsets[length]!);
    for (let at = 0; at < length; at++) data.set(keys[keyAt(at)]!, valueOffsets[at]);
    return makeData({ type: new Utf8(), length, nullCount: 0, valueOffsets, data });
  };
  const children = [
    of((at) => Math.floor(at / each)),
    of((at) => place[at]!),
    makeData({
      type: new Int8(),
      length,
      nullCount: 0,
      data: Int8Array.from({ length }, (_, at) => (at % each) + 1),
    }),
    makeData({ type: new Float32(), length, nullCount: 0, data: similarity }),
  ];
  const data = makeData({ type: new Struct(SCHEMA.fields), length, nullCount: 0, children });
  const arrow = new ArrowTable(SCHEMA, new RecordBatch(SCHEMA, data));
  const properties = new WriterPropertiesBuilder().setCompression(Compression.SNAPPY).build();
  return writeParquet(Table.fromIPCStream(tableToIPC(arrow, 'stream')), properties);
}
