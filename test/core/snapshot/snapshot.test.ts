import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { csvHeader, encodeCsv } from '../../../functions/core/snapshot/csv.ts';
import { ParquetWriter, ROW_GROUP_ROWS } from '../../../functions/core/snapshot/parquet.ts';
import type { PartStatistics } from '../../../functions/core/snapshot/part-statistics.ts';
import { PART_ROWS, writeParts } from '../../../functions/core/snapshot/parts.ts';
import type { SnapshotRows } from '../../../functions/core/snapshot/rows.ts';
import { Snapshot } from '../../../functions/core/snapshot/snapshot.ts';
import { MemorySnapshots } from '../../memory.ts';

const folder = mkdtempSync(join(tmpdir(), 'verger-test-'));
after(() => rmSync(folder, { recursive: true }));

const PROVENANCE = '{"software":"verger 0.0.0","rows":3}';
const MODEL = 'test_model@0123456789ab';

const SMALL = { width: 1, height: 2, bytes: 3 };
const LARGE = { width: 2 ** 31 - 1, height: 32_767, bytes: 2 ** 53 - 1 };

/** Rows with all that strings, floats and times can hold. */
const ODD: SnapshotRows = {
  model: MODEL,
  rows: [
    { key: 'a, "b"\n.jpg', label: null, etag: 'e0', featurizedAt: 0, ...SMALL },
    { key: 'Früchte/Äpfel/🍎.jpg', label: 'Äpfel', etag: 'e1', featurizedAt: 1_750_000_000_123, ...LARGE },
    { key: 'x/=1+1/2.jpg', label: '=1+1', etag: '', featurizedAt: 253_402_300_799_999, ...SMALL },
  ],
  features: Float32Array.of(0, -0, 1e-45, 3.4e38, 0.1, -1 / 3),
  pcaFeatures: Float32Array.of(1, 2, 3, 4, 5, 0.1, -0.2, 1e-10, 16777217),
};

async function* once(...batches: SnapshotRows[]) {
  yield* batches;
}

async function write(name: string, batches: AsyncIterable<SnapshotRows>): Promise<string> {
  const path = join(folder, name);
  await writeParquet(path, batches);
  return path;
}

async function writeParquet(path: string, batches: AsyncIterable<SnapshotRows>): Promise<void> {
  const writer = new ParquetWriter();
  try {
    await writer.write(path, batches, PROVENANCE);
  } finally {
    await writer.close();
  }
}

/** `rows` rows of two features and one PCA column, in batches of 2,048; the first feature counts them. */
async function* counted(rows: number) {
  for (let start = 0; start < rows; start += 2048) {
    const indices = Array.from({ length: Math.min(2048, rows - start) }, (_, index) => start + index);
    yield {
      model: MODEL,
      rows: indices.map((i) => ({
        key: String(i).padStart(6, '0'),
        label: 'x',
        etag: `e${i}`,
        featurizedAt: i,
        ...SMALL,
      })),
      features: Float32Array.from(indices.flatMap((i) => [i, 1])),
      pcaFeatures: Float32Array.from(indices),
    };
  }
}

test('a batch that reaches over the end of a row group is an error, not other bytes', async () => {
  const { value: batch } = await counted(2048).next();
  const third = {
    ...batch!,
    rows: batch!.rows.slice(0, 3),
    features: new Float32Array(6),
    pcaFeatures: new Float32Array(3),
  };
  await assert.rejects(write('over.parquet', once(third, batch!, batch!)), {
    code: 'PARQUET_BATCH',
    message: /a batch of 2048 rows after 2051 reaches over the end of a row group of 4096/,
  });
});

test('hyparquet reads back every value, null and time, to the bit', async () => {
  const file = await asyncBufferFromFile(await write('odd-hyparquet.parquet', once(ODD)));
  const rows = await parquetReadObjects({ file });
  assert.deepEqual(Object.keys(rows[0]!), [
    'path',
    'label',
    'features',
    'pca_features',
    'etag',
    'model',
    'featurized_at',
    'width',
    'height',
    'bytes',
  ]);
  for (const [index, row] of ODD.rows.entries()) {
    const { features, pca_features, featurized_at, ...rest } = rows[index]!;
    const { key: path, label, etag, width, height, bytes } = row;
    assert.deepEqual(rest, { path, label, etag, model: MODEL, width, height, bytes: BigInt(bytes) });
    assert.equal(featurized_at.getTime(), row.featurizedAt);
    assert.deepEqual(Float32Array.from(features), ODD.features.slice(2 * index, 2 * index + 2));
    assert.deepEqual(Float32Array.from(pca_features), ODD.pcaFeatures.slice(3 * index, 3 * index + 3));
  }
});

test('DuckDB sees strings, lists of float and a timestamp in UTC, and the same values', async () => {
  const path = await write('odd-duckdb.parquet', once(ODD));
  const db = await (await DuckDBInstance.create(':memory:')).connect();
  const types = await (await db.run(`DESCRIBE SELECT * FROM '${path}'`)).getRowsJS();
  assert.deepEqual(
    types.map(([name, type]) => [name, type]),
    [
      ['path', 'VARCHAR'],
      ['label', 'VARCHAR'],
      ['features', 'FLOAT[]'],
      ['pca_features', 'FLOAT[]'],
      ['etag', 'VARCHAR'],
      ['model', 'VARCHAR'],
      ['featurized_at', 'TIMESTAMP WITH TIME ZONE'],
      ['width', 'INTEGER'],
      ['height', 'INTEGER'],
      ['bytes', 'BIGINT'],
    ],
  );
  const read = await db.run(
    `SELECT path, label, features, pca_features, epoch_us(featurized_at), width, height, bytes FROM '${path}'`,
  );
  for (const [index, [name, label, features, pcaFeatures, time, ...size]] of (
    await read.getRowsJS()
  ).entries()) {
    const row = ODD.rows[index]!;
    assert.deepEqual([name, label, time], [row.key, row.label, BigInt(row.featurizedAt) * 1000n]);
    assert.deepEqual(size, [row.width, row.height, BigInt(row.bytes)]);
    assert.deepEqual(Float32Array.from(features as number[]), ODD.features.slice(2 * index, 2 * index + 2));
    assert.deepEqual(
      Float32Array.from(pcaFeatures as number[]),
      ODD.pcaFeatures.slice(3 * index, 3 * index + 3),
    );
  }
});

test('the schema is explicit: three-level lists without nulls, only the label may be null, time in µs UTC', async () => {
  const { schema } = await parquetMetadataAsync(
    await asyncBufferFromFile(await write('schema.parquet', once(ODD))),
  );
  const columns = schema
    .slice(1)
    .map(({ name, repetition_type, type, logical_type }) =>
      [name, repetition_type, type, logical_type && Object.values(logical_type).join(' ')]
        .filter(Boolean)
        .join(' '),
    );
  assert.deepEqual(columns, [
    'path REQUIRED BYTE_ARRAY STRING',
    'label OPTIONAL BYTE_ARRAY STRING',
    'features REQUIRED LIST',
    'list REPEATED',
    'element REQUIRED FLOAT',
    'pca_features REQUIRED LIST',
    'list REPEATED',
    'element REQUIRED FLOAT',
    'etag REQUIRED BYTE_ARRAY STRING',
    'model REQUIRED BYTE_ARRAY STRING',
    'featurized_at REQUIRED INT64 TIMESTAMP true MICROS',
    'width REQUIRED INT32',
    'height REQUIRED INT32',
    'bytes REQUIRED INT64',
  ]);
});

test('provenance stands in the key-value metadata, as one key, whose place is then always the same', async () => {
  const path = await write('provenance.parquet', once(ODD));
  const { key_value_metadata } = await parquetMetadataAsync(await asyncBufferFromFile(path));
  assert.deepEqual(
    key_value_metadata?.map(({ key }) => key),
    ['verger', 'ARROW:schema'],
  );
  assert.equal(key_value_metadata?.[0]?.value, PROVENANCE);
});

test('row groups hold 4,096 rows, and know the smallest and largest path, so that readers skip them', async () => {
  const path = await write('groups.parquet', counted(10_000));
  const { row_groups } = await parquetMetadataAsync(await asyncBufferFromFile(path));
  assert.deepEqual(
    row_groups.map(({ num_rows, columns }) => {
      const { min_value, max_value } = columns[0]!.meta_data!.statistics!;
      return [Number(num_rows), min_value, max_value];
    }),
    [
      [ROW_GROUP_ROWS, '000000', '004095'],
      [ROW_GROUP_ROWS, '004096', '008191'],
      [10_000 - 2 * ROW_GROUP_ROWS, '008192', '009999'],
    ],
  );
});

test('labels and models are dictionaries; path and label have statistics by page, time by row group', async () => {
  const path = await write('encodings.parquet', counted(100));
  const { row_groups } = await parquetMetadataAsync(await asyncBufferFromFile(path));
  const columns = row_groups[0]!.columns;
  const named = (has: (column: (typeof columns)[number]) => boolean) =>
    columns.filter(has).map(({ meta_data }) => meta_data!.path_in_schema[0]);
  assert.deepEqual(
    named(({ meta_data }) => meta_data!.dictionary_page_offset !== undefined),
    ['label', 'model'],
  );
  assert.deepEqual(
    named(({ meta_data }) => meta_data!.statistics !== undefined),
    ['path', 'label', 'featurized_at'],
  );
  assert.deepEqual(
    named(({ column_index_offset }) => column_index_offset !== undefined),
    ['path', 'label'],
  );
});

test('each file of a snapshot is stored with its content type', async () => {
  const types: Record<string, string> = {};
  const store = new MemorySnapshots();
  store.write = async (key: string, _: unknown, type = '') => {
    types[key] = type;
    return true;
  };
  const snapshot = new Snapshot(store, 'now');
  for (const name of ['pca.json', 'pca.onnx', 'pca_features.csv', 'report.html', '_SUCCESS'])
    await snapshot.writeFile(name, Buffer.from(name));
  const part = join(folder, 'typed.parquet');
  writeFileSync(part, 'x');
  await snapshot.writePart('part-00000.parquet', part, 1, STATISTICS);
  assert.deepEqual(types, {
    'snapshots/now/pca.json': 'application/json',
    'snapshots/now/pca.onnx': 'application/octet-stream',
    'snapshots/now/pca_features.csv': 'text/csv; charset=utf-8',
    'snapshots/now/report.html': 'text/html; charset=utf-8',
    'snapshots/now/_SUCCESS': 'application/octet-stream',
    'rows/snapshot=now/part-00000.parquet': 'application/vnd.apache.parquet',
  });
});

test('a failing source of rows fails the writing with its own error, at the first batch or later', async () => {
  for (const before of [[], [ODD], [ODD, ODD, ODD]]) {
    async function* failing() {
      yield* before;
      throw new Error('the projection broke');
    }
    const path = join(folder, `failing-${before.length}.parquet`);
    await assert.rejects(writeParquet(path, failing()), /the projection broke/);
  }
});

test('memory is used again only when its rows are taken, however slowly they are written', async () => {
  const features = Float32Array.from({ length: 2048 * 256 }, (_, at) => Math.sin(at));
  async function* slow() {
    for await (const batch of counted(6 * 2048)) yield { ...batch, features };
  }
  const file = await asyncBufferFromFile(await write('slow.parquet', slow()));
  const paths = await parquetReadObjects({ file, columns: ['path'] });
  assert.deepEqual(
    paths.map(({ path }) => Number(path)),
    Array.from({ length: 6 * 2048 }, (_, at) => at),
  );
});

test('a thread that ends in the middle fails the writing', async () => {
  const writer = new ParquetWriter();
  async function* ending() {
    yield ODD;
    await writer.close();
    yield ODD;
  }
  await assert.rejects(writer.write(join(folder, 'ended.parquet'), ending(), PROVENANCE), {
    code: 'PARQUET_INCOMPLETE',
    message: 'the thread that writes Parquet has ended',
  });
});

test('a file that is in the way is not overwritten', async () => {
  const path = await write('there.parquet', once(ODD));
  await assert.rejects(writeParquet(path, once(ODD)), { code: 'EEXIST' });
});

test('parts follow each other without gap or overlap, and each lies on the local disk only until it is stored', async () => {
  const rows = PART_ROWS + 5000;
  const store = new MemorySnapshots();
  const snapshot = new Snapshot(store, '1');
  const input = {
    rows,
    firstPart: 0,
    partRows: PART_ROWS,
    provenance: PROVENANCE,
    temporaryDirectory: folder,
  };
  await writeParts(snapshot, { ...input, batches: counted(rows) });
  assert.deepEqual(
    snapshot.parts.map(({ name, rows }) => [name, rows]),
    [
      ['part-00000.parquet', PART_ROWS],
      ['part-00001.parquet', 5000],
    ],
  );
  let next = 0;
  assert.deepEqual(snapshot.files, []);
  for (const { name, bytes, sha256 } of snapshot.parts) {
    assert.ok(!existsSync(join(folder, name)));
    const content = store.files.get(`rows/snapshot=1/${name}`)!;
    assert.equal(content.byteLength, bytes);
    assert.equal(createHash('sha256').update(content).digest('hex'), sha256);
    const file = content.buffer.slice(
      content.byteOffset,
      content.byteOffset + content.byteLength,
    ) as ArrayBuffer;
    for (const { path } of await parquetReadObjects({ file, columns: ['path'] })) {
      assert.equal(path, String(next++).padStart(6, '0'));
    }
  }
  assert.equal(next, rows);
});

test('rows that fill their parts make no part more; numbers go on from the first', async () => {
  const store = new MemorySnapshots();
  const snapshot = new Snapshot(store, 'full');
  const input = { rows: 8192, firstPart: 3, partRows: 4096, provenance: PROVENANCE };
  await writeParts(snapshot, { ...input, temporaryDirectory: folder, batches: counted(8192) });
  assert.deepEqual(
    snapshot.parts.map(({ name, rows, statistics: { path } }) => [name, rows, ...path]),
    [
      ['part-00003.parquet', 4096, '000000', '004095'],
      ['part-00004.parquet', 4096, '004096', '008191'],
    ],
  );
  assert.ok(
    !existsSync(join(folder, 'part-00003.parquet')) && !existsSync(join(folder, 'part-00004.parquet')),
  );
});

test('a part is stored while the next is written', { timeout: 30_000 }, async () => {
  const rows = PART_ROWS + 1;
  let reachNext = () => {};
  const nextIsReached = new Promise<void>((resolve) => {
    reachNext = resolve;
  });
  async function* batches() {
    let given = 0;
    for await (const batch of counted(rows)) {
      if (given === PART_ROWS) reachNext();
      given += batch.rows.length;
      yield batch;
    }
  }
  const store = new MemorySnapshots();
  const write = store.write.bind(store);
  store.write = async (name, content) => {
    if (name.endsWith('part-00000.parquet')) await nextIsReached;
    return await write(name, content);
  };
  const input = {
    rows,
    firstPart: 0,
    partRows: PART_ROWS,
    provenance: PROVENANCE,
    temporaryDirectory: folder,
  };
  await writeParts(new Snapshot(store, 's'), { ...input, batches: batches() });
  assert.deepEqual(
    [...store.files.keys()],
    ['rows/snapshot=s/part-00000.parquet', 'rows/snapshot=s/part-00001.parquet'],
  );
});

test('a part that cannot be stored fails the writing, also while the next is written', async () => {
  const rows = PART_ROWS + 1;
  const failing = new MemorySnapshots();
  failing.write = async (name) => {
    if (name.endsWith('part-00000.parquet')) throw new Error('the store is away');
    return true;
  };
  const input = { rows, firstPart: 0, partRows: PART_ROWS, provenance: PROVENANCE };
  const temporaryDirectory = mkdtempSync(join(folder, 'away-'));
  const writing = writeParts(new Snapshot(failing, 's'), {
    ...input,
    temporaryDirectory,
    batches: counted(rows),
  });
  await assert.rejects(writing, /the store is away/);
});

test('a file that an attempt before has written stays, and is what is remembered', async () => {
  const store = new MemorySnapshots();
  await new Snapshot(store, 's').writeFile('report.html', Buffer.from('the first'));
  const snapshot = new Snapshot(store, 's');
  await snapshot.writeFile('report.html', Buffer.from('another time'));
  assert.equal(Buffer.from(store.files.get('snapshots/s/report.html')!).toString(), 'the first');
  const sha256 = createHash('sha256').update('the first').digest('hex');
  assert.deepEqual(snapshot.files, [{ name: 'report.html', bytes: 9, sha256 }]);
});

test('a file that another attempt is writing is an error that names it', async () => {
  const store = new MemorySnapshots();
  store.write = async () => false;
  await assert.rejects(
    new Snapshot(store, 's', 'collections/a/').writeFile('report.html', Buffer.from('x')),
    {
      code: 'SNAPSHOT_OVERTAKEN',
      message: 'collections/a/snapshots/s/report.html is being written by another attempt',
    },
  );
});

test('parts that are gone, or are not as they were written, are told by name', async () => {
  const rows = 3;
  const store = new MemorySnapshots();
  const snapshot = new Snapshot(store, 's');
  const input = {
    rows,
    firstPart: 7,
    partRows: PART_ROWS,
    provenance: PROVENANCE,
    temporaryDirectory: folder,
  };
  await writeParts(snapshot, { ...input, batches: once(ODD) });
  await snapshot.verifyParts();
  const key = 'rows/snapshot=s/part-00007.parquet';
  const content = store.files.get(key)!;
  store.files.set(
    key,
    content.map((byte, at) => (at === 100 ? byte ^ 1 : byte)),
  );
  await assert.rejects(snapshot.verifyParts(), {
    code: 'CONTRACT_BROKEN',
    message: new RegExp(
      `${key} should be ${content.length} bytes with SHA-256 \\w+, is ${content.length} bytes with`,
    ),
  });
  store.files.delete(key);
  await assert.rejects(snapshot.verifyParts(), /part-00007\.parquet should be .*, is nothing/);
});

test('for spreadsheets, what they would take for a formula is text, and nothing else is touched', () => {
  const keys = ['=1+1', '+a', '-a', '@a', '\ta', 'a=1', "'a", 'ok.jpg', '=a,"b"'];
  const rows = keys.map((key) => ({ ...ODD.rows[0]!, key, label: key }));
  const pcaFeatures = new Float32Array(keys.length).fill(-1);
  const csv = [...encodeCsv({ ...ODD, rows, pcaFeatures }, true)].join('');
  const told = ["'=1+1", "'+a", "'-a", "'@a", "'\ta", 'a=1', "'a", 'ok.jpg', '"\'=a,""b"""'];
  assert.equal(csv, told.map((text) => `${text},${text},-1\r\n`).join(''));
});

test('the CSV holds what RFC 4180 asks for, and floats that parse back to the same float32', () => {
  const text = [csvHeader(3), ...encodeCsv(ODD)].join('');
  assert.equal(
    text,
    'path,label,pca0,pca1,pca2\r\n' +
      '"a, ""b""\n.jpg",,1,2,3\r\n' +
      'Früchte/Äpfel/🍎.jpg,Äpfel,4,5,0.100000001\r\n' +
      'x/=1+1/2.jpg,=1+1,-0.200000003,1.00000001e-10,16777216\r\n',
  );
  const numbers = text
    .trimEnd()
    .split('\r\n')
    .slice(1)
    .flatMap((line) => line.split(',').slice(-3));
  assert.deepEqual(Float32Array.from(numbers, Number), ODD.pcaFeatures);
});

test('a CSV comes in pieces of 64 KB, which together are its rows, each once', () => {
  const rows = Array.from({ length: 3000 }, (_, at) => ({ ...ODD.rows[0]!, key: `${'x'.repeat(50)}${at}` }));
  const pcaFeatures = Float32Array.from(rows, (_, at) => at);
  const pieces = [...encodeCsv({ ...ODD, rows, pcaFeatures })];
  assert.equal(pieces.join(''), rows.map(({ key }, at) => `${key},,${at}\r\n`).join(''));
  assert.equal(pieces.length, 3);
  for (const piece of pieces.slice(0, -1)) assert.ok(piece.length >= 65_536 && piece.length < 65_700);
});

test('DuckDB reads the CSV back, with absent labels as null', async () => {
  const path = join(folder, 'read.csv');
  writeFileSync(path, [csvHeader(3), ...encodeCsv(ODD)].join(''));
  const db = await (await DuckDBInstance.create(':memory:')).connect();
  const rows = await (
    await db.run(`SELECT path, label, pca2::FLOAT FROM read_csv('${path}', header = true)`)
  ).getRowsJS();
  assert.deepEqual(
    rows,
    ODD.rows.map(({ key, label }, index) => [key, label, ODD.pcaFeatures[3 * index + 2]]),
  );
});

test('an empty label is quoted, so that it is told from an absent one', () => {
  const rows = [{ key: 'p', label: '', etag: '', featurizedAt: 0, ...SMALL }];
  assert.equal(
    [
      ...encodeCsv({ model: MODEL, rows, features: Float32Array.of(1), pcaFeatures: Float32Array.of(1) }),
    ].join(),
    'p,"",1\r\n',
  );
});

const STATISTICS: PartStatistics = { path: ['a', 'b'], unlabelled: 3, featurizedAt: [0, 1] };

test('a manifest entry is of the bytes that were stored, whether they came from memory or from a file', async () => {
  const store = new MemorySnapshots();
  const snapshot = new Snapshot(store, 's');
  const path = await write('entry.parquet', once(ODD));
  await snapshot.writeFile('a', readFileSync(path));
  await snapshot.writeFile('b', { path });
  await snapshot.writePart('c', path, 3, STATISTICS);
  assert.deepEqual({ ...snapshot.files[0], name: 'b' }, snapshot.files[1]);
  assert.deepEqual({ ...snapshot.files[0], name: 'c', rows: 3, statistics: STATISTICS }, snapshot.parts[0]);
  assert.equal(snapshot.files[0]?.bytes, store.files.get('snapshots/s/a')?.byteLength);
});
