/** Checkpoints of a Delta log. When one is written: delta.test.ts; what other implementations read of it: test/interop/delta. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Table as ArrowTable, Field, Int32, Struct, tableToIPC, vectorFromArray } from 'apache-arrow';
import { parquetMetadata } from 'hyparquet';
import { Table, writeParquet } from 'parquet-wasm/node';
import type { Action } from '../../../functions/core/snapshot/delta/actions.ts';
import {
  actionsOf,
  decodeCheckpoint,
  encodeCheckpoint,
} from '../../../functions/core/snapshot/delta/checkpoint.ts';
import { emptyState } from '../../../functions/core/snapshot/delta/state.ts';

test('a checkpoint has the columns that the protocol names, and gives back what others have written', async () => {
  const actions: Action[] = [
    { protocol: { minReaderVersion: 1, minWriterVersion: 2 } },
    {
      metaData: {
        id: 'x',
        format: { provider: 'parquet', options: { a: 'b' } },
        schemaString: '{}',
        partitionColumns: ['region', 'day'],
        configuration: { 'delta.checkpointInterval': '10' },
        createdTime: 1_767_323_045_000,
      },
    },
    { txn: { appId: 'other', version: 5 } },
    { remove: { path: 'gone.parquet', dataChange: false } },
    {
      add: { path: 'p', partitionValues: { region: 'eu' }, size: 1, modificationTime: 2, dataChange: false },
    },
  ];
  const bytes = encodeCheckpoint(actions);
  assert.deepEqual(decodeCheckpoint(bytes), actions);
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  const signs: Record<string, string> = { OPTIONAL: '?', REPEATED: '*' };
  const columns = parquetMetadata(file)
    .schema.slice(1)
    .map(({ name, repetition_type = '', type = '' }) =>
      `${name}${signs[repetition_type] ?? ''} ${type}`.trim(),
    );
  assert.deepEqual(columns.join(', ').split(/, (?=(?:add|remove|metaData|protocol)\?)/), [
    'txn?, appId? BYTE_ARRAY, version? INT64',
    'add?, path? BYTE_ARRAY, partitionValues?, entries*, key BYTE_ARRAY, value? BYTE_ARRAY, size? INT64, ' +
      'modificationTime? INT64, dataChange? BOOLEAN, stats? BYTE_ARRAY',
    'remove?, path? BYTE_ARRAY, deletionTimestamp? INT64, dataChange? BOOLEAN, size? INT64',
    'metaData?, id? BYTE_ARRAY, format?, provider? BYTE_ARRAY, options?, entries*, key BYTE_ARRAY, value? BYTE_ARRAY, ' +
      'schemaString? BYTE_ARRAY, partitionColumns?, list*, element? BYTE_ARRAY, ' +
      'configuration?, entries*, key BYTE_ARRAY, value? BYTE_ARRAY, createdTime? INT64',
    'protocol?, minReaderVersion? INT32, minWriterVersion? INT32',
  ]);
  assert.deepEqual(actionsOf(emptyState()), []);
});

test('of a checkpoint by another writer, what it leaves out is absent and what it has besides is passed over', () => {
  const type = new Struct([new Field('minReaderVersion', new Int32())]);
  const protocol = vectorFromArray([{ minReaderVersion: 1 }], type);
  const domainMetadata = vectorFromArray([null], type);
  const ipc = tableToIPC(new ArrowTable({ protocol, domainMetadata }), 'stream');
  assert.deepEqual(decodeCheckpoint(writeParquet(Table.fromIPCStream(ipc))), [
    { protocol: { minReaderVersion: 1 } },
  ]);
});
