import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { copySnapshot } from '../../local/run/copy-snapshot.ts';
import { makeOutFolder, writeWithin } from '../../local/run/out-folder.ts';
import { makeFolder } from './folder.ts';
import { startS3 } from './s3-fixture.ts';

const { client, store } = await startS3();

/** Makes a bucket of objects. */
function fill(bucket: string, objects: Record<string, string>): void {
  store.createBucket(bucket);
  for (const [key, text] of Object.entries(objects))
    store.write(bucket, { kind: 'Put', key, headers: {} }, [Buffer.from(text)]);
}

async function* bytes(text: string): AsyncGenerator<Buffer> {
  yield Buffer.from(text);
}

/** A folder `out`, beside it what nobody may touch. */
function makeOut() {
  const folder = makeFolder();
  const [out, outside] = [join(folder, 'out'), join(folder, 'outside')];
  mkdirSync(out);
  mkdirSync(outside);
  writeFileSync(join(outside, 'file'), 'untouched');
  return { out, outside };
}

function assertUntouched(outside: string): void {
  assert.deepEqual(readdirSync(outside), ['file']);
  assert.equal(readFileSync(join(outside, 'file'), 'utf8'), 'untouched');
}

const empty = '47DEQpj8HBSa';
const manifest = {
  snapshot: '1',
  created_at: '',
  parts: [],
  files: [{ name: 'pca.json', sha256: empty }],
};

const NAMES = [
  '../outside/file',
  '/etc/passwd',
  'a/../../outside/file',
  '..',
  '.',
  '',
  'a//b',
  'a/./b',
  'a\\..\\b',
  'a\0',
  7,
];
for (const name of NAMES) {
  test(`a manifest that names ${JSON.stringify(name)} is refused before any work, and nothing is removed`, async () => {
    const { out, outside } = makeOut();
    const text = JSON.stringify({ ...manifest, files: [{ name, sha256: empty }] });
    writeFileSync(join(out, 'manifest.json'), text);
    await assert.rejects(makeOutFolder(out), {
      code: 'INVALID_REQUEST',
      message: /is not the name of a file in a snapshot$/,
    });
    await assert.rejects(copySnapshot(client, 'none', '2', out), { code: 'INVALID_REQUEST' });
    assertUntouched(outside);
    assert.equal(readFileSync(join(out, 'manifest.json'), 'utf8'), text);
    await assert.rejects(writeWithin(out, String(name === 7 ? '../7' : name), bytes('x')), {
      code: 'INVALID_REQUEST',
    });
    assertUntouched(outside);
  });
}

const OTHERS: [what: string, text: string, why: RegExp][] = [
  ['is no JSON', '{', /JSON/],
  ['is empty', '', /JSON/],
  ['is null', 'null', /null/],
  ['is a browser extension’s', '{"manifest_version": 3, "name": "x"}', /it names no snapshot/],
  ['lists nothing', '{"snapshot": "snapshot=1"}', /is not iterable/],
];
for (const [what, text, why] of OTHERS) {
  test(`a manifest.json that ${what} is not a snapshot's: an error before any work`, async () => {
    const { out } = makeOut();
    writeFileSync(join(out, 'manifest.json'), text);
    await assert.rejects(makeOutFolder(out), (error: Error) => {
      assert.match(
        error.message,
        /^\S+manifest\.json is not a snapshot's \(.+\): move it, or choose another folder \(--out\)$/,
      );
      assert.match(error.message, why);
      return true;
    });
    assert.equal(readFileSync(join(out, 'manifest.json'), 'utf8'), text);
  });
}

test('a manifest.json that is a folder is not a snapshot’s either, and a folder that is a file is none', async () => {
  const { out, outside } = makeOut();
  mkdirSync(join(out, 'manifest.json'));
  await assert.rejects(makeOutFolder(out), /manifest\.json is not a snapshot's \(EISDIR\)/);
  await assert.rejects(makeOutFolder(join(outside, 'file')), /\(--out\) cannot be made a folder/);
});

test('a key that leads out of the folder is written nowhere', async () => {
  for (const [n, name] of ['../outside/file', '/x', 'a/../../outside/file', '..'].entries()) {
    const { out, outside } = makeOut();
    const bucket = `hostile-${n}`;
    fill(bucket, {
      'snapshots/1/manifest.json': JSON.stringify(manifest),
      [`snapshots/1/${name}`]: 'hostile',
    });
    await assert.rejects(copySnapshot(client, bucket, '1', out), { code: 'INVALID_REQUEST' });
    assertUntouched(outside);
    assert.deepEqual(readdirSync(out), []);
  }
});

test('links in the folder are replaced, and never followed', async () => {
  const { out, outside } = makeOut();
  symlinkSync(join(outside, 'file'), join(out, 'pca.json'));
  symlinkSync(outside, join(out, 'rows'));
  await writeWithin(out, 'pca.json', bytes('new'));
  assert.equal(readFileSync(join(out, 'pca.json'), 'utf8'), 'new');
  await assert.rejects(writeWithin(out, 'rows/part', bytes('new')), /rows is a link, which is not followed$/);
  await writeWithin(out, 'other/part', bytes('new'));
  assert.equal(readFileSync(join(out, 'other', 'part'), 'utf8'), 'new');
  assertUntouched(outside);
});

test('an earlier snapshot gives way, links among its files too, and other files stay', async () => {
  const { out, outside } = makeOut();
  symlinkSync(join(outside, 'file'), join(out, 'pca.json'));
  writeFileSync(join(out, 'notes.txt'), 'mine');
  writeFileSync(join(out, 'manifest.json'), JSON.stringify(manifest));
  fill('whole', { 'snapshots/2/manifest.json': JSON.stringify({ ...manifest, files: [] }) });
  await makeOutFolder(out);
  const copied = await copySnapshot(client, 'whole', '2', out);
  assert.deepEqual(copied.files, []);
  assert.deepEqual(readdirSync(out).sort(), ['manifest.json', 'notes.txt']);
  assert.ok(existsSync(join(out, 'notes.txt')));
  assertUntouched(outside);
});

/** A snapshot of so many parts, as it lies in a bucket. */
function snapshotOf(name: string, parts: number): Record<string, string> {
  const names = Array.from({ length: parts }, (_, part) => `part-0000${part}.parquet`);
  const listed = names.map((part) => ({ name: part, sha256: sha256(`${name} ${part}`) }));
  return {
    [`snapshots/${name}/manifest.json`]: JSON.stringify({ snapshot: name, parts: listed, files: [] }),
    ...Object.fromEntries(names.map((part) => [`rows/snapshot=${name}/${part}`, `${name} ${part}`])),
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

test('rows holds the parts of one snapshot, also after one of more parts', async () => {
  const { out } = makeOut();
  const objects = { ...snapshotOf('3', 3), ...snapshotOf('4', 2) };
  fill('rows', objects);
  await copySnapshot(client, 'rows', '3', out);
  assert.equal(readdirSync(join(out, 'rows')).length, 3);

  await makeOutFolder(out);
  await copySnapshot(client, 'rows', '4', out);
  assert.deepEqual(readdirSync(join(out, 'rows')), ['part-00000.parquet', 'part-00001.parquet']);
  assert.equal(readFileSync(join(out, 'rows', 'part-00001.parquet'), 'utf8'), '4 part-00001.parquet');
});

test('an earlier snapshot stays whole where the folder does not take the new one, or that is not what its manifest says', async () => {
  const { out } = makeOut();
  fill('before', snapshotOf('3', 2));
  await copySnapshot(client, 'before', '3', out);

  const next = snapshotOf('4', 3);
  fill('no-room', { ...next, 'rows/snapshot=4/part-00002.parquet/x': 'no file can be made of this' });
  fill('damaged', { ...next, 'rows/snapshot=4/part-00001.parquet': 'something else' });
  for (const [bucket, error] of [
    [
      'no-room',
      { code: 'OUT_FAILED', message: /^\S+out \(--out\) cannot take the snapshot: (ENOTDIR|EEXIST)/ },
    ],
    [
      'damaged',
      { code: 'CONTRACT_BROKEN', message: /^rows\/part-00001\.parquet in .* is not what was written$/ },
    ],
  ] as const) {
    await assert.rejects(copySnapshot(client, bucket, '4', out), error);
    assert.deepEqual(readdirSync(out).sort(), ['manifest.json', 'rows']);
    assert.equal(JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8')).snapshot, '3');
    assert.deepEqual(readdirSync(join(out, 'rows')), ['part-00000.parquet', 'part-00001.parquet']);
    assert.equal(readFileSync(join(out, 'rows', 'part-00001.parquet'), 'utf8'), '3 part-00001.parquet');
  }
});

test('what an earlier version copied out gives way, parts that lay beside the other files too', async () => {
  const { out } = makeOut();
  const parts = [{ name: 'part-00000.parquet', sha256: empty }];
  writeFileSync(join(out, 'manifest.json'), JSON.stringify({ ...manifest, snapshot: 'snapshot=1', parts }));
  writeFileSync(join(out, 'part-00000.parquet'), 'PAR1');
  fill('now', snapshotOf('5', 1));
  await makeOutFolder(out);
  await copySnapshot(client, 'now', '5', out);
  assert.deepEqual(readdirSync(out).sort(), ['manifest.json', 'rows']);
});

test('a folder whose rows hold anything else is refused before any work: it would be read with them', async () => {
  const { out, outside } = makeOut();
  fill('mixed', snapshotOf('6', 1));
  await copySnapshot(client, 'mixed', '6', out);
  await makeOutFolder(out);
  writeFileSync(join(out, 'rows', 'mine.parquet'), 'PAR1');
  await assert.rejects(makeOutFolder(out), {
    code: 'INVALID_REQUEST',
    message:
      /^\S+rows\/mine\.parquet is not of the snapshot in \S+, and would be read with its rows: move it, /,
  });
  assert.equal(readFileSync(join(out, 'rows', 'mine.parquet'), 'utf8'), 'PAR1');

  const { out: linked } = makeOut();
  symlinkSync(outside, join(linked, 'rows'));
  await assert.rejects(makeOutFolder(linked), { code: 'INVALID_REQUEST', message: /rows is not a folder/ });
  assertUntouched(outside);
});
