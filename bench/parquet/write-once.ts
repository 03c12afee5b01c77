/** `write-once.ts PART VARIANT`: writes a part's rows again in one way, reads them with DuckDB, and prints what both took. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import {
  Compression,
  EnabledStatistics,
  Encoding,
  Table,
  transformParquetStream,
  WriterPropertiesBuilder,
  wasmMemory,
} from 'parquet-wasm/node';
import { encodeArrow } from '../../functions/core/snapshot/arrow.ts';
import type { SnapshotRows } from '../../functions/core/snapshot/rows.ts';
import { processorMilliseconds } from '../measure.ts';

export interface Variant {
  encoding: 'PLAIN' | 'DICTIONARY' | 'BYTE_STREAM_SPLIT';
  codec: 'UNCOMPRESSED' | 'SNAPPY' | 'LZ4_RAW' | 'ZSTD' | 'GZIP' | 'BROTLI';
  rowGroupRows: number;
}

const BATCH_ROWS = 2048;

const [part = '', chosen = ''] = process.argv.slice(2);
console.log(JSON.stringify(await measure(part, JSON.parse(chosen))));

async function measure(part: string, variant: Variant) {
  const batches = await readBatches(part);
  const start = process.cpuUsage();
  const chunks: Uint8Array[] = [];
  const output = await transformParquetStream(ReadableStream.from(encoded(batches)), properties(variant));
  for await (const chunk of output) chunks.push(chunk);
  const writeMs = Math.round(processorMilliseconds(start));
  const scratch = mkdtempSync(join(tmpdir(), 'verger-parquet-'));
  try {
    const path = join(scratch, 'part.parquet');
    writeFileSync(path, Buffer.concat(chunks));
    const one = batches[0]!.rows[1000]!.key.replaceAll("'", "''");
    const db = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
    const query = async (sql: string) => {
      const began = process.cpuUsage();
      await (await db.run(sql)).getRowsJS();
      return Math.round(processorMilliseconds(began));
    };
    return {
      rows: batches.reduce((sum, { rows }) => sum + rows.length, 0),
      MB: round(chunks.reduce((sum, { length }) => sum + length, 0) / 1e6),
      writeMs,
      wasmMB: Math.round(wasmMemory().buffer.byteLength / 1e6),
      readAllMs: await query(`SELECT sum(list_sum(features) + list_sum(pca_features)) FROM '${path}'`),
      readOneMs: await query(`SELECT features FROM '${path}' WHERE path = '${one}'`),
    };
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

async function readBatches(path: string): Promise<SnapshotRows[]> {
  const file = await asyncBufferFromFile(path);
  const batches: SnapshotRows[] = [];
  for (let rowStart = 0; ; rowStart += BATCH_ROWS) {
    const rows = await parquetReadObjects({ file, compressors, rowStart, rowEnd: rowStart + BATCH_ROWS });
    if (rows.length === 0) return batches;
    batches.push({
      model: rows[0]!.model,
      rows: rows.map(({ path, label, etag, featurized_at, width, height, bytes }) => ({
        key: path,
        label,
        etag,
        featurizedAt: +featurized_at,
        width,
        height,
        bytes: Number(bytes),
      })),
      features: flatten(rows.map(({ features }) => features)),
      pcaFeatures: flatten(rows.map(({ pca_features }) => pca_features)),
    });
  }
}

function flatten(lists: Float32Array[]): Float32Array {
  const width = lists[0]!.length;
  const flat = new Float32Array(lists.length * width);
  for (const [row, list] of lists.entries()) flat.set(list, row * width);
  return flat;
}

async function* encoded(batches: SnapshotRows[]) {
  for (const batch of batches) {
    const table = Table.fromIPCStream(encodeArrow(batch));
    yield table.recordBatch(0);
    table.free();
  }
}

function properties({ encoding, codec, rowGroupRows }: Variant) {
  let builder = new WriterPropertiesBuilder()
    .setCompression(Compression[codec])
    .setMaxRowGroupSize(rowGroupRows)
    .setStatisticsEnabled(EnabledStatistics.None)
    .setColumnStatisticsEnabled('path', EnabledStatistics.Page)
    .setDictionaryEnabled(encoding === 'DICTIONARY');
  if (encoding !== 'BYTE_STREAM_SPLIT') return builder.build();
  builder = builder.setEncoding(Encoding.BYTE_STREAM_SPLIT);
  for (const column of ['path', 'label', 'etag', 'model', 'featurized_at', 'width', 'height', 'bytes']) {
    builder = builder.setColumnEncoding(column, Encoding.PLAIN);
  }
  return builder.build();
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
