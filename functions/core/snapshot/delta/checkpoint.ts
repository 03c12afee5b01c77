/**
 * A checkpoint: all actions that a version still consists of, as one Parquet file, so that nobody has to read the commits
 * before it.
 *
 * @see https://github.com/delta-io/delta/blob/master/PROTOCOL.md#checkpoints
 */
import {
  Bool,
  type DataType,
  Field,
  Int32,
  Int64,
  List,
  Map_,
  type Struct,
  Struct as StructType,
  Table,
  tableFromIPC,
  tableToIPC,
  Utf8,
  type Vector,
  vectorFromArray,
} from 'apache-arrow';
import {
  Compression,
  readParquet,
  Table as WasmTable,
  WriterPropertiesBuilder,
  writeParquet,
} from 'parquet-wasm/node';
import type { Action } from './actions.ts';
import type { TableState } from './state.ts';

const text = new Utf8();
const whole = new Int64();
const map = new Map_(new Field('key_value', struct({ key: text, value: text }, { key: false }), false));

/** Columns of the file, each a struct, of which each row has one. */
const COLUMNS: Record<keyof Omit<Action, 'commitInfo'>, Struct> = {
  txn: struct({ appId: text, version: whole }),
  add: struct({
    path: text,
    partitionValues: map,
    size: whole,
    modificationTime: whole,
    dataChange: new Bool(),
    stats: text,
  }),
  remove: struct({ path: text, deletionTimestamp: whole, dataChange: new Bool(), size: whole }),
  metaData: struct({
    id: text,
    format: struct({ provider: text, options: map }),
    schemaString: text,
    partitionColumns: new List(new Field('element', text, true)),
    configuration: map,
    createdTime: whole,
  }),
  protocol: struct({ minReaderVersion: new Int32(), minWriterVersion: new Int32() }),
};

function struct(types: Record<string, DataType>, nullable: Record<string, boolean> = {}): Struct {
  return new StructType(
    Object.entries(types).map(([name, type]) => new Field(name, type, nullable[name] ?? true)),
  );
}

/** The actions that a version consists of. */
export function actionsOf({ protocol, metaData, transactions, live, removed }: TableState): Action[] {
  return [
    ...(protocol ? [{ protocol }] : []),
    ...(metaData ? [{ metaData }] : []),
    ...[...transactions.values()].map((txn) => ({ txn })),
    ...[...removed.values()].map((remove) => ({ remove: { ...remove, dataChange: false } })),
    ...[...live.values()].map((add) => ({ add: { ...add, dataChange: false } })),
  ];
}

/** Encodes the actions of a version. */
export function encodeCheckpoint(actions: Action[]): Uint8Array {
  const columns = Object.entries(COLUMNS).map(([name, type]): [string, Vector] => {
    const values = actions.map((action) => toArrow(action[name as keyof typeof COLUMNS] ?? null, type));
    return [name, vectorFromArray(values, type)];
  });
  const ipc = tableToIPC(new Table(Object.fromEntries(columns)), 'stream');
  const properties = new WriterPropertiesBuilder().setCompression(Compression.SNAPPY).build();
  return writeParquet(WasmTable.fromIPCStream(ipc), properties);
}

/** Decodes a checkpoint of any writer; what Verger does not know is left out. */
export function decodeCheckpoint(bytes: Uint8Array): Action[] {
  const table = tableFromIPC(readParquet(bytes).intoIPCStream());
  return table.toArray().map((row) => {
    const action: Record<string, unknown> = {};
    for (const [name, type] of Object.entries(COLUMNS)) {
      const value = fromArrow((row as Record<string, unknown>)[name], type);
      if (value !== undefined) action[name] = value;
    }
    return action as Action;
  });
}

/** Long numbers are BigInts there, and maps are Maps. */
function toArrow(value: unknown, type: DataType): unknown {
  if (value === null || value === undefined) return null;
  if (type instanceof Int64) return BigInt(Math.floor(value as number)); // some logs have fractions of a millisecond
  if (type instanceof Map_) return new Map(Object.entries(value as object));
  if (!(type instanceof StructType)) return value;
  return Object.fromEntries(
    (type as Struct).children.map((field) => [
      field.name,
      toArrow((value as Record<string, unknown>)[field.name], field.type),
    ]),
  );
}

function fromArrow(value: unknown, type: DataType): unknown {
  if (value === null || value === undefined) return undefined;
  if (type instanceof Int64) return Number(value);
  if (type instanceof Map_) return Object.fromEntries(value as Iterable<[string, string]>);
  if (type instanceof List) return [...(value as Iterable<unknown>)];
  if (!(type instanceof StructType)) return value;
  const fields = (type as Struct).children.map(
    ({ name, type }) => [name, fromArrow((value as Record<string, unknown>)[name], type)] as const,
  );
  return Object.fromEntries(fields.filter(([, inner]) => inner !== undefined));
}
