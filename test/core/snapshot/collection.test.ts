import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tableIn } from '../../../functions/core/snapshot/collection.ts';
import { MemoryTable } from '../../memory.ts';

const FOLDER = 'collections/shop-2F/';

/** A bucket with files of a collection, of all photos and of another collection. */
function makeTable() {
  const keys = ['rows/a/1', 'rows/a/2', 'rows/b/1', 'rows/c/1'];
  const folders = ['', FOLDER, 'collections/shop-2Fx/'];
  const files = folders.flatMap((folder) =>
    keys.map((key): [string, Buffer] => [folder + key, Buffer.from(folder)]),
  );
  return new MemoryTable(new Map(files));
}

test('of a collection’s table every key is below its folder, and is read, listed and removed without it', async () => {
  const whole = makeTable();
  whole.modified.set(`${FOLDER}rows/b/1`, 7);
  const table = tableIn(whole, FOLDER);
  const listed = async (prefix: string, after?: string) => {
    const objects = [];
    for await (const page of table.list(prefix, after)) objects.push(...page);
    return objects;
  };
  assert.equal(table.collection, FOLDER);
  assert.equal(`${await table.read('rows/a/1')}`, FOLDER);
  assert.deepEqual(
    (await listed('rows/')).map(({ key }) => key),
    ['rows/a/1', 'rows/a/2', 'rows/b/1', 'rows/c/1'],
  );
  assert.deepEqual(await listed('rows/', 'rows/a/2'), [
    { key: 'rows/b/1', modified: 7 },
    { key: 'rows/c/1', modified: 0 },
  ]);
  assert.deepEqual(await table.folders('rows/'), ['rows/a/', 'rows/b/', 'rows/c/']);

  await table.write('rows/a/1', Buffer.from('written'));
  assert.equal(`${whole.files.get(`${FOLDER}rows/a/1`)}`, 'written');
  assert.equal(await table.create('rows/a/1', Buffer.from('again')), false);
  assert.equal(await table.create('rows/d/1', Buffer.from('new')), true);
  assert.equal(`${whole.files.get(`${FOLDER}rows/d/1`)}`, 'new');
  await table.remove(['rows/a/1', 'rows/a/2']);
  assert.deepEqual(await table.folders('rows/'), ['rows/b/', 'rows/c/', 'rows/d/']);
  assert.equal(whole.files.size, 12 + 1 - 2);
});

test('the table of all photos is the bucket’s own, and asks it for what it is asked', async () => {
  const whole = makeTable();
  assert.equal(tableIn(whole, ''), whole);
  const asked: unknown[] = [];
  const list = whole.list.bind(whole);
  whole.list = (...of) => {
    asked.push(of);
    return list(...of);
  };
  for await (const _ of tableIn(whole, FOLDER).list('rows/')) break;
  assert.deepEqual(asked, [[`${FOLDER}rows/`, undefined]]);
});
