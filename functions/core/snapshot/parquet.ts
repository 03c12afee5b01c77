import { openAsBlob } from 'node:fs';
import { open } from 'node:fs/promises';
import {
  Compression,
  EnabledStatistics,
  ParquetFile,
  type RecordBatch,
  Table,
  transformParquetStream,
  type WriterProperties,
  WriterPropertiesBuilder,
} from 'parquet-wasm/node';
import { VergerError } from '../errors.ts';
import { encodeArrow } from './arrow.ts';
import { COLUMNS } from './columns.ts';
import type { SnapshotRows } from './rows.ts';

/** Rows a row group: what a reader reads at least, and what is held in WebAssembly; chosen in docs/parquet.md. */
export const ROW_GROUP_ROWS = 4096;

/**
 * Writes one Parquet file, a row group in memory at a time.
 *
 * @param path a local file that does not exist yet
 * @param batches at least one
 * @param provenance what made the rows, as JSON: kept in the file's key-value metadata under `verger`
 * @returns the number of rows, as the finished file states it
 * @throws VergerError `PARQUET_INCOMPLETE` when rows are missing, `PARQUET_BATCH` when a batch reaches over the end of a row
 *   group; whatever `batches` throws
 */
export async function writeParquet(
  path: string,
  batches: AsyncIterable<SnapshotRows>,
  provenance: string,
): Promise<number> {
  let given = 0;
  let failure: unknown;
  const keep = (error: unknown) => {
    failure ??= error;
  };

  let memory = new Uint8Array();
  const room = (bytes: number) => {
    if (memory.length < bytes) memory = new Uint8Array(bytes);
    return memory;
  };

  // parquet-wasm takes a failing input for a finished one, and goes on past a failing output. So failures
  // are kept here, end the input, and are thrown when the file is closed.
  async function* input(): AsyncGenerator<RecordBatch> {
    try {
      for await (const batch of batches) {
        requireFit(given, batch.rows.length);
        given += batch.rows.length;
        yield toWebAssembly(encodeArrow(batch, room));
        if (failure !== undefined) return;
      }
    } catch (error) {
      keep(error);
    }
  }

  const file = await open(path, 'wx');
  // The disk takes one chunk while the next is made.
  let writing = Promise.resolve();
  try {
    const output = await transformParquetStream(ReadableStream.from(input()), writerProperties(provenance));
    for await (const chunk of output) {
      await writing;
      if (failure === undefined) writing = file.writeFile(chunk).catch(keep);
    }
  } catch (error) {
    keep(error);
  } finally {
    await writing;
    await file.close();
  }
  if (failure !== undefined) throw failure;

  const written = await countRows(path);
  if (written !== given) {
    throw new VergerError('PARQUET_INCOMPLETE', `${path} holds ${written} of the ${given} rows given to it`);
  }
  return written;
}

/**
 * Lists of floats are neither dictionary-encoded nor given statistics: no query asks for the smallest
 * feature of a row group. Nested columns cannot be named to parquet-wasm, so that is the default here and
 * the plain columns are the exceptions.
 */
function writerProperties(provenance: string): WriterProperties {
  let builder = new WriterPropertiesBuilder()
    .setCompression(Compression.SNAPPY)
    .setMaxRowGroupSize(ROW_GROUP_ROWS)
    .setDictionaryEnabled(false)
    .setStatisticsEnabled(EnabledStatistics.None);
  for (const { name, dictionary, statistics } of COLUMNS) {
    if (dictionary) builder = builder.setColumnDictionaryEnabled(name, true);
    if (statistics) builder = builder.setColumnStatisticsEnabled(name, STATISTICS[statistics]);
  }
  // One key only: parquet-wasm writes several in the order of a hash table, which is not always the same.
  return builder.setKeyValueMetadata(new Map([['verger', provenance]])).build();
}

const STATISTICS = { page: EnabledStatistics.Page, chunk: EnabledStatistics.Chunk };

/**
 * Row groups begin where batches do only if no batch reaches over the end of one: then the same rows give the same
 * bytes, whatever the batches.
 */
function requireFit(given: number, rows: number): void {
  const room = ROW_GROUP_ROWS - (given % ROW_GROUP_ROWS);
  if (rows <= room) return;
  throw new VergerError(
    'PARQUET_BATCH',
    `a batch of ${rows} rows after ${given} reaches over the end of a row group of ${ROW_GROUP_ROWS}: choose a size that divides it`,
  );
}

function toWebAssembly(ipc: Uint8Array): RecordBatch {
  const table = Table.fromIPCStream(ipc);
  const batch = table.recordBatch(0);
  table.free();
  if (batch === undefined) throw new VergerError('PARQUET_INCOMPLETE', 'a batch without rows');
  return batch;
}

async function countRows(path: string): Promise<number> {
  const file = await ParquetFile.fromFile(await openAsBlob(path));
  return file.metadata().fileMetadata().numRows();
}
