/** The table's objects over the local S3, which two writers of 40 commits share. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTableStore } from '../../functions/adapters/table-store.ts';
import type { WholeSnapshot } from '../../functions/core/snapshot/delta/commit.ts';
import { readState } from '../../functions/core/snapshot/delta/read-state.ts';
import { commitSnapshot, writeCheckpoint } from '../../functions/core/snapshot/delta/table.ts';
import { nameSnapshot } from '../../functions/core/snapshot/layout.ts';
import { startS3 } from '../local/s3-fixture.ts';

const { client, store } = await startS3();
store.createBucket('table');
const table = createTableStore(client, 'table');
const bytes = (text: string) => new TextEncoder().encode(text);

test('an object is created once, and read, replaced, listed and removed', async () => {
  assert.equal(await table.read('a/1'), undefined);
  assert.equal(await table.create('a/1', bytes('one')), true);
  assert.equal(await table.create('a/1', bytes('two')), false);
  assert.equal(new TextDecoder().decode(await table.read('a/1')), 'one');
  await table.write('a/1', bytes('three'));
  assert.equal(new TextDecoder().decode(await table.read('a/1')), 'three');

  for (const key of ['a/2', 'a/b=c/3', 'a/b=c/4', 'a/d/5', 'z']) await table.write(key, bytes(key));
  const listed = async (prefix: string, after?: string) => {
    const keys: string[] = [];
    for await (const page of table.list(prefix, after)) {
      keys.push(...page.map(({ key }) => key));
      for (const { modified } of page) assert.ok(Math.abs(Date.now() - modified) < 60_000);
    }
    return keys;
  };
  assert.deepEqual(await listed('a/'), ['a/1', 'a/2', 'a/b=c/3', 'a/b=c/4', 'a/d/5']);
  assert.deepEqual(await listed('a/', 'a/b'), ['a/b=c/3', 'a/b=c/4', 'a/d/5']);
  assert.deepEqual(await table.folders('a/'), ['a/b=c/', 'a/d/']);
  await table.remove(['a/b=c/3', 'a/b=c/4', 'a/not-there']);
  assert.deepEqual(await table.folders('a/'), ['a/d/']);
  await table.remove([]);
});

test('two writers of 40 commits each lose tries and no commit, and the newest version is the last snapshot', async () => {
  const numbers = Array.from({ length: 40 }, (_, n) => n).values();
  const versions: number[] = [];
  let overtaken = 0;
  const write = async () => {
    for (const n of numbers) {
      const state = await commitSnapshot(table, snapshotOf(n), SETTINGS, n);
      if (!state) overtaken += 1;
      else {
        versions.push(state.version);
        await writeCheckpoint(table, state, 0);
      }
    }
  };
  await Promise.all([write(), write()]);
  versions.sort((a, b) => a - b);
  assert.deepEqual(versions, [...versions.keys()], 'no version is written twice or left out');
  assert.equal(versions.length + overtaken, 40);
  const { version, live } = await readState(table);
  assert.equal(version, versions.length - 1);
  assert.deepEqual([...live.keys()], [`snapshot=${snapshotOf(39).snapshot}/part-00000.parquet`]);
});

const SETTINGS = { software: 'verger 0.0.0', snapshotDays: 90 };

function snapshotOf(n: number): WholeSnapshot {
  const startedAt = 1_800_000_000_000 + n;
  const featurizedAt: [number, number] = [0, 1];
  const statistics = { path: ['a', 'b'] as [string, string], unlabelled: 2, featurizedAt };
  const part = { name: 'part-00000.parquet', bytes: 4, sha256: '', rows: 2, statistics };
  return { snapshot: nameSnapshot(startedAt, 'a1'), startedAt, parts: [part] };
}
