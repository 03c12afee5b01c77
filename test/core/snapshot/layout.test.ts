import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  beganBefore,
  collectionFolder,
  nameOfPart,
  nameSnapshot,
  parseSnapshotName,
} from '../../../functions/core/snapshot/layout.ts';

test('names of snapshots sort by their time, to the millisecond, and hold nothing that Hadoop or a URL minds', () => {
  const times = [0, 999, 1000, Date.UTC(2026, 8, 9), Date.UTC(2026, 9, 1), Date.UTC(2026, 9, 1) + 1];
  const names = times.map((time) => nameSnapshot(time, 'ff'));
  assert.deepEqual([...names].sort(), names);
  assert.equal(names[4], '20261001T000000.000Z-ff');
  for (let i = 1; i < names.length; i++) {
    assert.ok(beganBefore(names[i - 1]!, names[i]!) && !beganBefore(names[i]!, names[i - 1]!));
    assert.ok(beganBefore(`snapshot=${names[i - 1]}`, names[i]!), 'one named as before, too');
    assert.ok(!beganBefore(`snapshot=${names[i]}`, names[i - 1]!));
  }
  assert.equal(beganBefore(names[1]!, names[1]!), false, 'none before itself');
});

test('a name tells when its snapshot began; a folder that is named otherwise is of none', () => {
  const time = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
  assert.equal(parseSnapshotName(nameSnapshot(time, 'ff-0')), time);
  const name = '20260102T030405.678Z-ff';
  for (const other of [
    'mine',
    '',
    `x${name}`,
    `${name}/x`,
    name.slice(0, -3),
    name.replace('0102', '1302'),
  ]) {
    assert.equal(parseSnapshotName(other), undefined, other);
  }
});

test('a part is of the snapshot whose folder it lies in, and of none where somebody else has put it', () => {
  assert.equal(nameOfPart('snapshot=20260102T030405.678Z-ff/part-00000.parquet'), '20260102T030405.678Z-ff');
  assert.equal(nameOfPart('part-00000.parquet'), undefined);
  assert.equal(nameOfPart('mine/snapshot=20260102T030405.678Z-ff/part-00000.parquet'), undefined);
});

test('no two prefixes share a folder, none lies in another, and none has a character that readers take for something', () => {
  const prefixes = [
    'phone/',
    'phone',
    'phone-2F',
    'phone%2F',
    'Phone/',
    'a',
    'a/b',
    'a b',
    'a+b',
    'é',
    'e\u0301',
    '..',
    '/',
    '//',
    '_',
    '🍎/',
  ];
  const folders = prefixes.map(collectionFolder);
  assert.equal(new Set(folders).size, prefixes.length);
  for (const [at, one] of folders.entries()) {
    assert.match(one, /^collections\/[A-Za-z0-9-]+\/$/);
    assert.ok(folders.every((other, place) => place === at || !other.startsWith(one)));
  }
  assert.deepEqual(folders.slice(0, 3), [
    'collections/phone-2F/',
    'collections/phone/',
    'collections/phone-2D2F/',
  ]);
  assert.equal(collectionFolder('🍎/'), 'collections/-F0-9F-8D-8E-2F/');
  assert.equal(
    collectionFolder('\t1'),
    'collections/-091/',
    'two digits, or it would be that of the byte 91',
  );
  assert.equal(collectionFolder(''), '');
});
