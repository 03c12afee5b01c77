import { Field, makeData, RecordBatch, Schema, Struct, Table, tableToIPC } from 'apache-arrow';
import { COLUMNS } from './columns.ts';
import type { SnapshotRows } from './rows.ts';

const SCHEMA = new Schema(COLUMNS.map(({ name, type, nullable }) => new Field(name, type, nullable)));

/**
 * Rows as one record batch in Arrow's IPC stream format, which is how they cross into WebAssembly. The
 * numbers are copied once.
 *
 * @see https://arrow.apache.org/docs/format/Columnar.html#ipc-streaming-format
 */
export function encodeArrow(batch: SnapshotRows): Uint8Array {
  const children = COLUMNS.map(({ encode }) => encode(batch));
  const data = makeData({
    type: new Struct(SCHEMA.fields),
    length: batch.rows.length,
    nullCount: 0,
    children,
  });
  return tableToIPC(new Table(SCHEMA, new RecordBatch(SCHEMA, data)), 'stream');
}
