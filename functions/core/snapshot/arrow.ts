import { Field, makeData, RecordBatch, RecordBatchStreamWriter, Schema, Struct } from 'apache-arrow';
import { COLUMNS } from './columns.ts';
import type { SnapshotRows } from './rows.ts';

const SCHEMA = new Schema(COLUMNS.map(({ name, type, nullable }) => new Field(name, type, nullable)));

/**
 * Rows as one record batch in Arrow's IPC stream format, which is how they cross into WebAssembly. The
 * numbers are copied once.
 *
 * @param room gives memory for so many bytes, or more; what is new is slow, since the system has to hand it out page by page
 * @see https://arrow.apache.org/docs/format/Columnar.html#ipc-streaming-format
 */
export function encodeArrow(
  batch: SnapshotRows,
  room: (bytes: number) => Uint8Array = (bytes) => new Uint8Array(bytes),
): Uint8Array {
  const children = COLUMNS.map(({ encode }) => encode(batch));
  const data = makeData({
    type: new Struct(SCHEMA.fields),
    length: batch.rows.length,
    nullCount: 0,
    children,
  });
  const writer = new PieceWriter();
  writer.write(new RecordBatch(SCHEMA, data));
  writer.finish();
  const bytes = writer.pieces.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const target = room(bytes).subarray(0, bytes);
  let at = 0;
  for (const { buffer, byteOffset, byteLength } of writer.pieces) {
    target.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += byteLength;
  }
  return target;
}

/** Keeps what is written as it is; Arrow's own writer joins it in new memory. */
class PieceWriter extends RecordBatchStreamWriter {
  readonly pieces: ArrayBufferView[] = [];

  protected override _write(piece: ArrayBufferView): this {
    this.pieces.push(piece);
    return this;
  }
}
