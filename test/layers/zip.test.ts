import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unzipSync } from 'fflate';
import { zipFiles } from '../../layers/zip.ts';

const text = (value: string) => new TextEncoder().encode(value);
const files: [string, Uint8Array][] = [
  ['nodejs/b.js', text('b'.repeat(1000))],
  ['nodejs/a.js', text('a')],
  ['10', text('ten')],
  ['9', text('nine')],
];

test('the same files give the same zip, in any order, time and time zone', () => {
  const before = process.env.TZ;
  try {
    const zips = ['UTC', 'America/Los_Angeles', 'Asia/Kolkata'].map((zone, index) => {
      process.env.TZ = zone;
      return zipFiles(new Map(index % 2 ? files.toReversed() : files));
    });
    assert.deepEqual(zips[1], zips[0]);
    assert.deepEqual(zips[2], zips[0]);
  } finally {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
  }
});

test('a zip holds the files as they were, readable by everybody', () => {
  const zip = zipFiles(new Map(files));
  assert.deepEqual(new Map(Object.entries(unzipSync(zip))), new Map(files));
  // In each central directory entry (PK\1\2): made on Unix (byte 5 = 3), external attributes at byte 38.
  const bytes = Buffer.from(zip);
  const at = bytes.indexOf('PK\x01\x02');
  assert.equal(bytes[at + 5], 3);
  assert.equal(bytes.readUInt32LE(at + 38) >>> 16, 0o100644);
});
