/**
 * The thread that writes Parquet files, one after the other, out of what `ParquetWriter` (parquet.ts) sends it.
 *
 * JavaScript, since a thread is started without the compiler of the source, and CommonJS, since an ESM import cannot see
 * a Lambda layer: packages carry this file as it is.
 */
const { on } = require('node:events');
const { openAsBlob } = require('node:fs');
const { open } = require('node:fs/promises');
const { parentPort } = require('node:worker_threads');
const {
  Compression,
  EnabledStatistics,
  ParquetFile,
  Table,
  transformParquetStream,
  WriterPropertiesBuilder,
} = require('parquet-wasm/node');

const messages = on(parentPort, 'message');

async function serve() {
  for (;;) {
    const { file } = await next();
    if (file === undefined) continue;
    try {
      parentPort.postMessage({ rows: await write(file) });
    } catch (error) {
      parentPort.postMessage({ failed: { message: error.message, code: error.code } });
    }
  }
}

async function next() {
  const { value } = await messages.next();
  return value[0];
}

/** @returns the number of rows, as the finished file states it */
async function write({ path, ...properties }) {
  let failure;
  const keep = (error) => {
    failure ??= error;
  };

  // parquet-wasm takes a failing input for a finished one, and goes on past a failing output. So failures
  // are kept here, end the input, and are thrown when the file is closed.
  async function* input() {
    try {
      for (;;) {
        const { batch } = await next();
        if (batch === undefined) return;
        const rows = toWebAssembly(batch);
        parentPort.postMessage('taken');
        yield rows;
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
    const output = await transformParquetStream(ReadableStream.from(input()), writerProperties(properties));
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
  return await countRows(path);
}

/**
 * Lists of floats are neither dictionary-encoded nor given statistics: no query asks for the smallest
 * feature of a row group. Nested columns cannot be named to parquet-wasm, so that is the default here and
 * the plain columns are the exceptions.
 */
function writerProperties({ provenance, rowGroupRows, columns }) {
  let builder = new WriterPropertiesBuilder()
    .setCompression(Compression.SNAPPY)
    .setMaxRowGroupSize(rowGroupRows)
    .setDictionaryEnabled(false)
    .setStatisticsEnabled(EnabledStatistics.None);
  for (const { name, dictionary, statistics } of columns) {
    if (dictionary) builder = builder.setColumnDictionaryEnabled(name, true);
    if (statistics) builder = builder.setColumnStatisticsEnabled(name, STATISTICS[statistics]);
  }
  // One key only: parquet-wasm writes several in the order of a hash table, which is not always the same.
  return builder.setKeyValueMetadata(new Map([['verger', provenance]])).build();
}

const STATISTICS = { page: EnabledStatistics.Page, chunk: EnabledStatistics.Chunk };

function toWebAssembly(ipc) {
  const table = Table.fromIPCStream(ipc);
  const batch = table.recordBatch(0);
  table.free();
  if (batch === undefined) throw new Error('a batch without rows was given to be written');
  return batch;
}

async function countRows(path) {
  const file = await ParquetFile.fromFile(await openAsBlob(path));
  return file.metadata().fileMetadata().numRows();
}

void serve();
