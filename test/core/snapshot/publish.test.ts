import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkpointKey, LOG_FOLDER } from '../../../functions/core/snapshot/delta/actions.ts';
import { readState } from '../../../functions/core/snapshot/delta/read-state.ts';
import { filesFolder, nameSnapshot, partsFolder } from '../../../functions/core/snapshot/layout.ts';
import { type PublishPorts, publishSnapshot } from '../../../functions/core/snapshot/publish.ts';
import { MemorySnapshots, MemoryTable, StillClock } from '../../memory.ts';

const START = Date.UTC(2026, 0, 2, 3, 4, 5);
const DAY = 24 * 3600 * 1000;

/** A bucket, in which snapshots are kept for 30 days. */
function makeBucket() {
  const clock = new StillClock(START);
  const snapshots = new MemorySnapshots();
  const table = new MemoryTable(snapshots.files, clock);
  const ports: PublishPorts = { snapshots, table, clock, software: 'verger 0.0.0', snapshotDays: 30 };
  return { clock, snapshots, table, ports };
}

function nameOf(day: number): string {
  return nameSnapshot(START + day * DAY, 'a1');
}

/** Writes what a reduce that begins on this day writes before it publishes. */
function write({ snapshots }: ReturnType<typeof makeBucket>, day: number): void {
  snapshots.files.set(`${partsFolder(nameOf(day))}part-00000.parquet`, Buffer.from('PAR1'));
  snapshots.files.set(`${filesFolder(nameOf(day))}manifest.json`, Buffer.from('{}'));
}

/** A reduce that begins on this day, and takes a minute. */
function reduce(bucket: ReturnType<typeof makeBucket>, day: number) {
  write(bucket, day);
  bucket.clock.time = START + day * DAY + 60_000;
  const [snapshot, parts, files] = [nameOf(day), partsFolder(nameOf(day)), filesFolder(nameOf(day))];
  const latest = { snapshot, parts, files, manifest: `${files}manifest.json`, rows: 2, model: 'm@1' };
  const featurizedAt: [number, number] = [0, 1];
  const statistics = { path: ['a', 'b'] as [string, string], unlabelled: 2, featurizedAt };
  const part = { name: 'part-00000.parquet', bytes: 4, sha256: '', rows: 2, statistics };
  const whole = { startedAt: START + day * DAY, parts: [part] };
  return publishSnapshot(bucket.ports, latest, whole);
}

/** Days of the snapshots of which anything is left. */
function daysLeft({ snapshots }: ReturnType<typeof makeBucket>): number[] {
  const names = [...snapshots.files.keys()].flatMap(
    (key) => /(?:snapshot=|snapshots\/)([^/]+)/.exec(key)?.[1] ?? [],
  );
  const days = Array.from({ length: 200 }, (_, day) => day);
  return days.filter((day) => names.includes(nameOf(day)));
}

async function newestVersion({ table }: ReturnType<typeof makeBucket>): Promise<string[]> {
  return [...(await readState(table)).live.keys()];
}

test('a snapshot is committed to the table before latest.json names it; one that began earlier is neither', async () => {
  const bucket = makeBucket();
  const order: string[] = [];
  const create = bucket.table.create.bind(bucket.table);
  const publish = bucket.snapshots.publish.bind(bucket.snapshots);
  bucket.table.create = (...of) => {
    order.push('commit');
    return create(...of);
  };
  bucket.snapshots.publish = (latest) => {
    order.push('latest.json');
    return publish(latest);
  };
  assert.equal(await reduce(bucket, 1), true);
  assert.deepEqual(order, ['commit', 'latest.json']);
  assert.equal(await reduce(bucket, 0), false);
  assert.equal(bucket.snapshots.current?.snapshot, nameOf(1));
  assert.deepEqual(await newestVersion(bucket), [`snapshot=${nameOf(1)}/part-00000.parquet`]);
});

test('a process that ends between the commit and latest.json leaves both whole; the next reduce, or the same again, heals it', async () => {
  for (const next of [1, 2]) {
    const bucket = makeBucket();
    await reduce(bucket, 0);
    const publish = bucket.snapshots.publish.bind(bucket.snapshots);
    bucket.snapshots.publish = async () => Promise.reject(new Error('the process ended'));
    await assert.rejects(reduce(bucket, 1), /the process ended/);
    bucket.snapshots.publish = publish;
    assert.equal(bucket.snapshots.current?.snapshot, nameOf(0));
    assert.deepEqual(await newestVersion(bucket), [`snapshot=${nameOf(1)}/part-00000.parquet`]);
    assert.equal(await reduce(bucket, next), true);
    assert.equal(bucket.snapshots.current?.snapshot, nameOf(next));
    assert.deepEqual(await newestVersion(bucket), [`snapshot=${nameOf(next)}/part-00000.parquet`]);
  }
});

test('one that began before another that is not current yet, or whose log somebody has removed, becomes neither', async () => {
  const bucket = makeBucket();
  await reduce(bucket, 0);
  const publish = bucket.snapshots.publish.bind(bucket.snapshots);
  bucket.snapshots.publish = async () => Promise.reject(new Error('the process ended'));
  await assert.rejects(reduce(bucket, 2), /the process ended/);
  bucket.snapshots.publish = publish;
  assert.equal(await reduce(bucket, 1), false);
  assert.equal(bucket.snapshots.current?.snapshot, nameOf(0));

  assert.equal(await reduce(bucket, 3), true);
  const log = [...bucket.snapshots.files.keys()].filter((key) => key.startsWith(LOG_FOLDER));
  await bucket.table.remove(log);
  assert.equal(await reduce(bucket, 2), false);
  assert.deepEqual(await newestVersion(bucket), []);
});

test('snapshots are removed when they are old and neither current nor the one just replaced, whole or not', async () => {
  const bucket = makeBucket();
  for (const day of [0, 1, 20]) await reduce(bucket, day);
  write(bucket, 2); // begun and never finished
  const others = ['rows/mine/part.parquet', 'rows/2019/part.parquet', 'snapshots/0-backup/manifest.json'];
  for (const key of others) bucket.snapshots.files.set(key, Buffer.from('PAR1'));
  bucket.snapshots.files.set('snapshot=20250101T000000.000Z-a1/part-00000.parquet', Buffer.from('PAR1'));
  assert.deepEqual(daysLeft(bucket), [0, 1, 2, 20]);
  await reduce(bucket, 31);
  assert.deepEqual(daysLeft(bucket), [2, 20, 31]);

  // No reduce for a long time: the current one stays, and so does that which the next replaces.
  await reduce(bucket, 120);
  assert.deepEqual(daysLeft(bucket), [31, 120]);
  await reduce(bucket, 121);
  assert.deepEqual(daysLeft(bucket), [120, 121]);
  for (const key of others) assert.ok(bucket.snapshots.files.has(key), key);
  assert.ok(bucket.snapshots.files.has('snapshot=20250101T000000.000Z-a1/part-00000.parquet'));
});

test('every version of the table whose snapshot is kept can be read: its log too', async () => {
  const bucket = makeBucket();
  for (let day = 0; day < 45; day++) await reduce(bucket, day);
  assert.deepEqual(
    daysLeft(bucket),
    Array.from({ length: 30 }, (_, n) => 15 + n),
  );
  const log = [...bucket.snapshots.files.keys()].filter((key) => key.includes('_delta_log')).sort();
  assert.equal(log[0], checkpointKey(10), 'the last checkpoint before the oldest snapshot that is kept');
  assert.equal(log.length, 35 + 4 + 1);
});

test('where what has expired cannot be removed, the snapshot is current all the same, and the error says so', async () => {
  const bucket = makeBucket();
  await reduce(bucket, 0);
  await reduce(bucket, 10);
  const denied = new Error('Access Denied');
  bucket.table.remove = async () => Promise.reject(denied);
  await assert.rejects(reduce(bucket, 50), {
    code: 'EXPIRY_FAILED',
    message: `snapshot ${nameOf(50)} is current, but what is older than 30 days cannot be removed: Access Denied`,
    cause: denied,
  });
  assert.equal(bucket.snapshots.current?.snapshot, nameOf(50));
});
