import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { copySnapshot } from '../../local/run/copy-snapshot.ts';
import { makeOutFolder, writeWithin } from '../../local/run/out-folder.ts';
import { makeFolder } from './folder.ts';
import { startS3 } from './s3-fixture.ts';

const { client, store } = await startS3();

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
  snapshot: 'snapshot=1',
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
    await assert.rejects(copySnapshot(client, 'none', 'snapshot=2', out), { code: 'INVALID_REQUEST' });
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
    store.createBucket(bucket);
    const staged = await store.stage(bucket, bytes('hostile'));
    store.put(bucket, { ...staged, kind: 'Put', key: `snapshot=1/${name}`, headers: {} }, () => {});
    await assert.rejects(copySnapshot(client, bucket, 'snapshot=1', out), { code: 'INVALID_REQUEST' });
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
  store.createBucket('whole');
  const staged = await store.stage('whole', bytes(JSON.stringify({ ...manifest, files: [] })));
  store.put('whole', { ...staged, kind: 'Put', key: 'snapshot=2/manifest.json', headers: {} }, () => {});
  await makeOutFolder(out);
  const copied = await copySnapshot(client, 'whole', 'snapshot=2', out);
  assert.deepEqual(copied.files, []);
  assert.deepEqual(readdirSync(out).sort(), ['manifest.json', 'notes.txt']);
  assert.ok(existsSync(join(out, 'notes.txt')));
  assertUntouched(outside);
});
