/** The Delta Lake table over the rows. What other implementations read of it: test/interop/delta. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import {
  type Action,
  checkpointKey,
  commitKey,
  decodeCommit,
  encodeCommit,
  LAST_CHECKPOINT,
  LOG_FOLDER,
  parseLogKey,
} from '../../../functions/core/snapshot/delta/actions.ts';
import { actionsOf, encodeCheckpoint } from '../../../functions/core/snapshot/delta/checkpoint.ts';
import {
  encodePath,
  encodeStatistics,
  type WholeSnapshot,
} from '../../../functions/core/snapshot/delta/commit.ts';
import { readState } from '../../../functions/core/snapshot/delta/read-state.ts';
import { commitSnapshot, expireLog, writeCheckpoint } from '../../../functions/core/snapshot/delta/table.ts';
import { nameSnapshot } from '../../../functions/core/snapshot/layout.ts';
import { MemoryTable, StillClock } from '../../memory.ts';

const SETTINGS = { software: 'verger 0.0.0', snapshotDays: 90 };
const START = Date.UTC(2026, 0, 2, 3, 4, 5);
const DAY = 24 * 3600 * 1000;

/** Snapshot `n` of a day each, in `parts` parts. */
function snapshotOf(n: number, parts = 2, id = 'a1'): WholeSnapshot {
  const startedAt = START + n * DAY;
  return {
    snapshot: nameSnapshot(startedAt, id),
    startedAt,
    parts: Array.from({ length: parts }, (_, part) => ({
      name: `part-0000${part}.parquet`,
      bytes: 1000 + part,
      sha256: '',
      rows: 10,
      statistics: {
        path: [`shop/${part}0.jpg`, `shop/${part}9.jpg`],
        label: ['Apple', 'Äpfel'],
        unlabelled: 1,
        featurizedAt: [startedAt, startedAt + 1],
      },
    })),
  };
}

function commit(table: MemoryTable, snapshot: WholeSnapshot) {
  return commitSnapshot(table, snapshot, SETTINGS, snapshot.startedAt + 60_000);
}

function textOf(table: MemoryTable, key: string): string {
  return new TextDecoder().decode(table.files.get(key));
}

const COLUMNS =
  '{"type":"struct","fields":[{"name":"path","type":"string","nullable":false,"metadata":{}},' +
  '{"name":"label","type":"string","nullable":true,"metadata":{}},' +
  '{"name":"features","type":{"type":"array","elementType":"float","containsNull":false},"nullable":false,"metadata":{}},' +
  '{"name":"pca_features","type":{"type":"array","elementType":"float","containsNull":false},"nullable":false,"metadata":{}},' +
  '{"name":"etag","type":"string","nullable":false,"metadata":{}},' +
  '{"name":"model","type":"string","nullable":false,"metadata":{}},' +
  '{"name":"featurized_at","type":"timestamp","nullable":false,"metadata":{}},' +
  '{"name":"width","type":"integer","nullable":false,"metadata":{}},' +
  '{"name":"height","type":"integer","nullable":false,"metadata":{}},' +
  '{"name":"bytes","type":"long","nullable":false,"metadata":{}}]}';

test('the first commit makes the table, and the next adds its parts and removes those before', async () => {
  const table = new MemoryTable();
  await commit(table, snapshotOf(0, 1));
  assert.equal(
    textOf(table, 'rows/_delta_log/00000000000000000000.json'),
    `${[
      '{"commitInfo":{"timestamp":1767323105000,"operation":"WRITE","operationParameters":{"mode":"Overwrite","partitionBy":"[]"},"engineInfo":"verger 0.0.0","snapshot":"20260102T030405.000Z-a1"}}',
      '{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}',
      `{"metaData":{"id":"ID","format":{"provider":"parquet","options":{}},"schemaString":${JSON.stringify(COLUMNS)},"partitionColumns":[],"configuration":{"delta.checkpointInterval":"10","delta.deletedFileRetentionDuration":"interval 90 days","delta.logRetentionDuration":"interval 90 days"},"createdTime":1767323045000}}`,
      '{"txn":{"appId":"verger","version":1767323045000}}',
      '{"add":{"path":"snapshot=20260102T030405.000Z-a1/part-00000.parquet","partitionValues":{},"size":1000,"modificationTime":1767323045000,"dataChange":true,"stats":"{\\"numRecords\\":10,\\"minValues\\":{\\"path\\":\\"shop/00.jpg\\",\\"label\\":\\"Apple\\",\\"featurized_at\\":\\"2026-01-02T03:04:05.000Z\\"},\\"maxValues\\":{\\"path\\":\\"shop/09.jpg\\",\\"label\\":\\"Äpfel\\",\\"featurized_at\\":\\"2026-01-02T03:04:05.001Z\\"},\\"nullCount\\":{\\"path\\":0,\\"label\\":1,\\"featurized_at\\":0}}"}}',
    ].join('\n')}\n`.replace('"ID"', JSON.stringify((await readState(table)).metaData?.id)),
  );
  assert.match((await readState(table)).metaData?.id ?? '', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);

  await commit(table, snapshotOf(1, 1));
  const lines = textOf(table, 'rows/_delta_log/00000000000000000001.json').split('\n');
  assert.deepEqual(lines.slice(1, 3), [
    '{"txn":{"appId":"verger","version":1767409445000}}',
    '{"remove":{"path":"snapshot=20260102T030405.000Z-a1/part-00000.parquet","deletionTimestamp":1767409505000,"dataChange":true,"size":1000}}',
  ]);
  assert.match(lines[3]!, /^\{"add":\{"path":"snapshot=20260103T030405\.000Z-a1\/part-00000\.parquet"/);
  assert.equal(lines.length, 5);
});

test('whatever is live is removed, of whomever it is: the parts, and what somebody has put together of them', async () => {
  const table = new MemoryTable();
  await commit(table, snapshotOf(0, 3));
  const optimized: Action[] = [
    { remove: { path: 'snapshot=20260102T030405.000Z-a1/part-00000.parquet', dataChange: false } },
    { remove: { path: 'snapshot=20260102T030405.000Z-a1/part-00001.parquet', dataChange: false } },
    {
      add: {
        path: 'part-%C3%A9.parquet',
        partitionValues: {},
        size: 5,
        modificationTime: 1,
        dataChange: false,
      },
    },
  ];
  assert.ok(await table.create(commitKey(1), encodeCommit(optimized)));
  const state = await commit(table, snapshotOf(1));
  assert.deepEqual(
    textOf(table, commitKey(2))
      .split('\n')
      .flatMap((line) => (line ? (JSON.parse(line).remove?.path ?? []) : [])),
    ['snapshot=20260102T030405.000Z-a1/part-00002.parquet', 'part-%C3%A9.parquet'],
  );
  assert.deepEqual(
    [...state!.live.keys()],
    [
      'snapshot=20260103T030405.000Z-a1/part-00000.parquet',
      'snapshot=20260103T030405.000Z-a1/part-00001.parquet',
    ],
  );
});

test('a snapshot that began earlier never becomes the newest version, and none is committed twice', async () => {
  const table = new MemoryTable();
  await commit(table, snapshotOf(1));
  assert.equal(await commit(table, snapshotOf(0)), undefined);
  assert.equal((await commit(table, snapshotOf(1)))?.version, 0);
  // Of the same millisecond, the name decides, as it does for latest.json.
  assert.equal((await commit(table, snapshotOf(1, 2, 'b1')))?.version, 1);
  assert.equal(await commit(table, snapshotOf(1, 2, 'a9')), undefined);
  assert.equal((await commit(table, snapshotOf(1, 2, 'b1')))?.version, 1);
  assert.equal(table.files.size, 2);
});

test('a table that somebody has emptied takes later snapshots, and knows which it has had', async () => {
  const table = new MemoryTable();
  await commit(table, snapshotOf(1, 1));
  const path = 'snapshot=20260103T030405.000Z-a1/part-00000.parquet';
  await table.create(commitKey(1), encodeCommit([{ remove: { path, dataChange: true } }]));
  assert.equal(await commit(table, snapshotOf(0)), undefined);
  assert.deepEqual([...(await commit(table, snapshotOf(1)))!.live], []);
  assert.equal((await commit(table, snapshotOf(2)))?.version, 2);
});

test('which snapshot the rows are of is told by its own parts, whatever lies before them', async () => {
  const table = new MemoryTable();
  const { live } = (await commit(table, snapshotOf(1, 1)))!;
  const [[path, part]] = [...live] as [[string, Action['add'] & object]];
  const actions = [{ remove: { path, dataChange: false } }, { add: { ...part, path: 'x' } }, { add: part }];
  await table.create(commitKey(1), encodeCommit(actions));
  assert.equal((await commit(table, snapshotOf(1, 1, 'b1')))?.version, 2);
});

test('two writers of 40 commits lose none, and each version is one snapshot', async () => {
  const table = new MemoryTable();
  let lost = 0;
  const create = table.create.bind(table);
  table.create = async (key, content) => {
    const isCreated = await create(key, content);
    if (!isCreated) lost += 1;
    return isCreated;
  };
  const numbers = Array.from({ length: 40 }, (_, n) => n).values();
  let overtaken = 0;
  const write = async () => {
    for (const n of numbers) {
      const state = await commit(table, snapshotOf(n, 1 + (n % 3)));
      if (state) await writeCheckpoint(table, state, 0);
      else overtaken += 1;
    }
  };
  await Promise.all([write(), write()]);
  assert.ok(lost >= 10, `${lost} tries came second`);

  const live = new Set<string>();
  const seen: string[] = [];
  for (let version = 0; table.files.has(commitKey(version)); version++) {
    for (const line of textOf(table, commitKey(version)).trim().split('\n')) {
      const { add, remove } = JSON.parse(line) as Action;
      if (remove) assert.ok(live.delete(remove.path), `version ${version} removes what is live`);
      if (add) live.add(add.path);
    }
    const names = new Set([...live].map((path) => path.split('/')[0]!));
    assert.equal(names.size, 1, `version ${version}: ${[...names]}`);
    seen.push(...names);
  }
  assert.deepEqual(seen, [...seen].sort());
  assert.equal(seen.at(-1), `snapshot=${snapshotOf(39).snapshot}`);
  assert.equal(seen.length + overtaken, 40);
  assert.ok(seen.length >= 20, `${seen.length} committed`);
  assert.deepEqual([...(await readState(table)).live.keys()], [...live]);
});

test('a checkpoint every ten commits spares readers those before it, and forgets files removed long ago', async () => {
  const table = new MemoryTable();
  for (let n = 0; n <= 25; n++) {
    const state = await commit(table, snapshotOf(n));
    await writeCheckpoint(table, state!, START + (n - 5) * DAY);
  }
  assert.deepEqual(
    [...table.files.keys()].filter((key) => key.endsWith('.parquet')),
    [checkpointKey(10), checkpointKey(20)],
  );
  const bytes = table.files.get(checkpointKey(20))!;
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  const rows = await parquetReadObjects({ file, compressors });
  const of = (kind: string) => rows.flatMap((row) => row[kind] ?? []);
  assert.deepEqual(of('protocol'), [{ minReaderVersion: 1, minWriterVersion: 2 }]);
  assert.deepEqual(of('metaData')[0].configuration['delta.checkpointInterval'], '10');
  assert.deepEqual(of('txn'), [{ appId: 'verger', version: BigInt(START + 20 * DAY) }]);
  assert.deepEqual(
    of('add').map(({ size, dataChange }) => [size, dataChange]),
    [
      [1000n, false],
      [1001n, false],
    ],
  );
  assert.deepEqual(of('remove')[0], {
    path: 'snapshot=20260116T030405.000Z-a1/part-00000.parquet',
    deletionTimestamp: BigInt(START + 15 * DAY + 60_000),
    dataChange: false,
    size: 1000n,
  });
  assert.equal(of('remove').length, 12, 'two parts each of what the commits of days 15 to 20 replaced');
  assert.equal(
    textOf(table, LAST_CHECKPOINT),
    JSON.stringify({ version: 20, size: rows.length, sizeInBytes: bytes.length, numOfAddFiles: 2 }),
  );

  const before = await readState(table);
  for (let version = 0; version < 20; version++) table.files.delete(commitKey(version));
  assert.deepEqual(await readState(table), before, 'read without the commits before it');
  for (const hint of ['{', '{"version": 24}', '{"version": "x"}']) {
    table.files.set(LAST_CHECKPOINT, new TextEncoder().encode(hint));
    assert.deepEqual(await readState(table), before, `the hint is ${hint}`);
  }
  table.files.delete(LAST_CHECKPOINT);
  assert.deepEqual(await readState(table), before);
});

test('a log is listed from the checkpoint on that its hint names, and whole where there is none', async () => {
  const table = new MemoryTable();
  const list = table.list.bind(table);
  const listed: unknown[] = [];
  table.list = (...of) => {
    listed.push(of);
    return list(...of);
  };
  await readState(table);
  assert.deepEqual(listed, [[LOG_FOLDER, undefined]]);
  for (let n = 0; n <= 12; n++) await writeCheckpoint(table, (await commit(table, snapshotOf(n)))!, 0);
  listed.length = 0;
  await readState(table);
  assert.deepEqual(listed.splice(0), [[LOG_FOLDER, `${LOG_FOLDER}00000000000000000010.`]]);
  table.files.set(LAST_CHECKPOINT, Buffer.from('{"version": 11}'));
  assert.equal((await readState(table)).checkpoint, 10);
  assert.deepEqual(listed.splice(0), [
    [LOG_FOLDER, `${LOG_FOLDER}00000000000000000011.`],
    [LOG_FOLDER, undefined],
  ]);
  table.files.delete(LAST_CHECKPOINT);
  assert.equal((await readState(table)).version, 12);
  assert.deepEqual(listed, [[LOG_FOLDER, undefined]]);
});

test('a log is read from a checkpoint of version 0 on, where somebody has written one', async () => {
  const table = new MemoryTable();
  const state = (await commit(table, snapshotOf(0)))!;
  table.files.set(checkpointKey(0), encodeCheckpoint(actionsOf(state)));
  await commit(table, snapshotOf(1));
  table.files.delete(commitKey(0));
  const { version, checkpoint, metaData } = await readState(table);
  assert.deepEqual([version, checkpoint, metaData], [1, 0, state.metaData]);
});

test('of what other writers put into a log, commits and checkpoints in one file are read, and nothing else', async () => {
  const at = `${LOG_FOLDER}00000000000000000007`;
  const kinds = {
    [`${at}.json`]: 'commit',
    [`${at}.checkpoint.parquet`]: 'checkpoint',
    [`${at}.checkpoint.0000000001.0000000002.parquet`]: 'other',
    [`${at}.crc`]: 'other',
    [`${at}.00000000000000000009.compacted.json`]: 'other',
  };
  for (const [key, kind] of Object.entries(kinds)) assert.deepEqual(parseLogKey(key), [{ version: 7, kind }]);
  for (const key of [LAST_CHECKPOINT, `${LOG_FOLDER}_staged_commits/00000000000000000007.json`]) {
    assert.deepEqual(parseLogKey(key), [], key);
  }

  const table = new MemoryTable();
  await commit(table, snapshotOf(0));
  const state = await readState(table);
  for (const name of [
    '1.crc',
    '1.checkpoint.0000000001.0000000002.parquet',
    '0.00000000000000000001.compacted.json',
  ]) {
    table.files.set(`${LOG_FOLDER}0000000000000000000${name}`, Buffer.from('{}'));
  }
  assert.deepEqual(await readState(table), state);
  assert.deepEqual(decodeCommit(Buffer.from('{"txn":{"appId":"a","version":1}}\r\n \r\n\n')), [
    { txn: { appId: 'a', version: 1 } },
  ]);
});

test('fractions of a millisecond, which the clock gives, are not in the log; where they are, a checkpoint is written all the same', async () => {
  const table = new MemoryTable();
  const atFraction = (n: number) => ({ ...snapshotOf(n), startedAt: snapshotOf(n).startedAt + 0.75 });
  const same = await commit(table, atFraction(0));
  assert.equal(textOf(table, commitKey(0)).match(/\d\.\d+[,}]/), null);
  assert.deepEqual(await commit(table, atFraction(0)), same, 'the same snapshot is committed once');
  const odd = textOf(table, commitKey(0)).replaceAll(`:${START}`, `:${START}.75`);
  table.files.set(commitKey(0), new TextEncoder().encode(odd));
  for (let n = 1; n <= 10; n++) await writeCheckpoint(table, (await commit(table, atFraction(n)))!, START);
  assert.ok(table.files.has(checkpointKey(10)));
  assert.equal((await readState(table)).transactions.get('verger')?.version, START + 10 * DAY);
});

test('the log goes with the snapshots that it tells of, as far as the last checkpoint that is as old', async () => {
  const clock = new StillClock(START);
  const table = new MemoryTable(new Map(), clock);
  for (let n = 0; n <= 25; n++) {
    clock.time = START + n * DAY;
    await writeCheckpoint(table, (await commit(table, snapshotOf(n)))!, 0);
  }
  const before = await readState(table);
  await expireLog(table, START + 10 * DAY);
  assert.equal(table.files.size, 26 + 2 + 1, 'nothing while the first checkpoint is needed');
  await expireLog(table, START + 12 * DAY);
  const left = [...table.files.keys()].sort();
  assert.equal(left[0], checkpointKey(10));
  assert.equal(left.length, 16 + 2 + 1);
  assert.deepEqual(await readState(table), before);
});

test('a log with a gap, or of a later protocol, is an error that says what to do', async () => {
  const table = new MemoryTable();
  for (let n = 0; n < 3; n++) await commit(table, snapshotOf(n));
  table.files.delete(commitKey(1));
  await assert.rejects(commit(table, snapshotOf(3)), {
    code: 'CONTRACT_BROKEN',
    message: `${commitKey(1)} is missing: remove the folder ${LOG_FOLDER}, and the next reduce begins it again`,
  });

  for (const [reader, writer] of [
    [3, 2],
    [1, 7],
  ] as const) {
    const changed = new MemoryTable();
    await commit(changed, snapshotOf(0));
    await changed.create(
      commitKey(1),
      encodeCommit([{ protocol: { minReaderVersion: reader, minWriterVersion: writer } }]),
    );
    await assert.rejects(commit(changed, snapshotOf(1)), {
      code: 'CONTRACT_BROKEN',
      message:
        `${LOG_FOLDER} asks for protocol ${reader} of readers and ${writer} of writers, which somebody has changed; ` +
        'Verger writes 1 and 2. Remove that folder, and the next reduce begins it again',
    });
  }

  const lost = new MemoryTable();
  for (let n = 0; n <= 10; n++) await writeCheckpoint(lost, (await commit(lost, snapshotOf(n)))!, 0);
  const list = lost.list.bind(lost);
  lost.list = async function* (...of) {
    yield* list(...of);
    lost.files.delete(checkpointKey(10));
  };
  await assert.rejects(readState(lost), {
    code: 'CONTRACT_BROKEN',
    message: `${checkpointKey(10)} is missing: remove the folder ${LOG_FOLDER}, and the next reduce begins it again`,
  });
});

test('a table whose settings or columns have changed says so, and keeps its id', async () => {
  const table = new MemoryTable();
  const first = await commit(table, snapshotOf(0));
  const second = await commitSnapshot(table, snapshotOf(1), { ...SETTINGS, snapshotDays: 7 }, START);
  assert.equal(second?.metaData?.configuration['delta.deletedFileRetentionDuration'], 'interval 7 days');
  assert.equal(second?.metaData?.id, first?.metaData?.id);
  await commitSnapshot(table, snapshotOf(2), { ...SETTINGS, snapshotDays: 7 }, START);
  assert.doesNotMatch(textOf(table, commitKey(2)), /metaData/);
});

test('statistics hold whole text, in the order of its bytes, and no time that ISO 8601 writes otherwise', () => {
  const featurizedAt: [number, number] = [0, 253_402_300_800_000];
  const long = `${'x'.repeat(1000)}\u{1F34E}`;
  const statistics = JSON.parse(encodeStatistics(3, { path: ['a', long], unlabelled: 3, featurizedAt }));
  assert.deepEqual(statistics, {
    numRecords: 3,
    minValues: { path: 'a' },
    maxValues: { path: long },
    nullCount: { path: 0, label: 3, featurized_at: 0 },
  });
});

test('paths are percent-encoded, as Spark reads them', () => {
  assert.equal(encodePath('snapshot=2026:01/ü %.parquet'), 'snapshot=2026%3A01/%C3%BC%20%25.parquet');
});
