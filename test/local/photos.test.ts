import assert from 'node:assert/strict';
import fs, { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { describeSkipped, findPhotos } from '../../local/run/photos.ts';
import { makeFolder } from './folder.ts';

function write(folder: string, ...names: (string | Buffer)[]): void {
  for (const name of names) {
    const path = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(name)]);
    mkdirSync(path.subarray(0, path.lastIndexOf('/')), { recursive: true });
    writeFileSync(path, 'x');
  }
}

const keys = async (folder: string) => (await findPhotos(folder)).photos.map(({ key }) => key);

test('photos are all files below the folder whatever their names, but names beginning with a dot', async () => {
  const folder = makeFolder();
  write(folder, 'b.txt', 'a 1/x+y.JPG', 'a 1/deep/ü.png', '.hidden.jpg', '.git/x.jpg', 'a 1/.DS_Store');
  const { photos, skipped } = await findPhotos(folder);
  assert.deepEqual(
    photos.map(({ key }) => key),
    ['a 1/deep/ü.png', 'a 1/x+y.JPG', 'b.txt'],
  );
  assert.equal(photos[2]?.path, join(folder, 'b.txt'));
  assert.deepEqual(skipped, []);
});

test('links to files and folders are followed, wherever they lead', async () => {
  const folder = makeFolder();
  const other = makeFolder();
  write(folder, 'kiwi/1.jpg');
  write(other, 'apples/2.jpg', 'apples/3.jpg', '4.jpg');
  symlinkSync(join(other, 'apples'), join(folder, 'apple'));
  symlinkSync(join(other, '4.jpg'), join(folder, 'four.jpg'));
  symlinkSync('kiwi', join(folder, 'also kiwi'));
  symlinkSync(join(folder, 'four.jpg'), join(folder, 'link to a link.jpg'));
  assert.deepEqual(await keys(folder), [
    'also kiwi/1.jpg',
    'apple/2.jpg',
    'apple/3.jpg',
    'four.jpg',
    'kiwi/1.jpg',
    'link to a link.jpg',
  ]);

  const link = join(makeFolder(), 'link');
  symlinkSync(folder, link);
  assert.deepEqual(await keys(link), await keys(folder), 'the folder itself may be a link');
});

test('links that lead in a circle or nowhere are skipped by name', async () => {
  const folder = makeFolder();
  write(folder, 'a/1.jpg', 'b/2.jpg');
  symlinkSync('..', join(folder, 'a', 'up'));
  symlinkSync('../b', join(folder, 'a', 'over'));
  symlinkSync('../a', join(folder, 'b', 'back'));
  symlinkSync('itself', join(folder, 'itself'));
  symlinkSync('/nowhere/at all', join(folder, 'lost.jpg'));
  const { photos, skipped } = await findPhotos(folder);
  assert.deepEqual(
    photos.map(({ key }) => key),
    ['a/1.jpg', 'a/over/2.jpg', 'b/2.jpg', 'b/back/1.jpg'],
  );
  assert.deepEqual(skipped.map(({ name, why }) => `${name}: ${why}`).sort(), [
    'a/over/back: it leads back to a folder that it lies in',
    'a/up: it leads back to a folder that it lies in',
    'b/back/over: it leads back to a folder that it lies in',
    'b/back/up: it leads back to a folder that it lies in',
    'itself: it leads nowhere',
    'lost.jpg: it leads nowhere',
  ]);
});

test('names that are not UTF-8 and keys that are too long are skipped by name, whatever holds them', async () => {
  const folder = makeFolder();
  const latin1 = (name: string) => Buffer.from(name, 'latin1');
  const long = `${'é'.repeat(120)}/`.repeat(4);
  const most = `${long}${'x'.repeat(1024 - Buffer.byteLength(long))}`;
  write(folder, latin1('caf\xe9.jpg'), latin1('caf\xe9\n/1.jpg'), 'é.jpg', most, `${most}x`);
  const { photos, skipped } = await findPhotos(folder);
  assert.deepEqual(
    photos.map(({ key }) => key),
    ['é.jpg', most],
  );
  assert.deepEqual(describeSkipped(skipped).split('\n').sort(), [
    '  caf\\xe9.jpg: its name is not UTF-8',
    '  caf\\xe9\\n/1.jpg: its name is not UTF-8',
    `  ${most}x: its key has 1025 bytes; the limit of S3 is 1024`,
  ]);
});

test('a folder that cannot be read is skipped by name, unless it is the one that was asked for', async (t) => {
  const folder = makeFolder();
  write(folder, 'a/1.jpg', 'closed/2.jpg', 'closed/deep/3.jpg');
  const list = fs.promises.readdir;
  const closed = t.mock.method(fs.promises, 'readdir', async (path: Buffer, options: object) => {
    if (path.toString().endsWith('/closed')) throw Object.assign(new Error('denied'), { code: 'EACCES' });
    return list(path, options as never);
  });
  syncBuiltinESMExports();
  const { photos, skipped } = await findPhotos(folder);
  assert.deepEqual(
    photos.map(({ key }) => key),
    ['a/1.jpg'],
  );
  assert.deepEqual(skipped, [{ name: 'closed', why: 'it cannot be read: EACCES' }]);
  await assert.rejects(
    findPhotos(join(folder, 'closed')),
    /The folder \S+closed: it cannot be read: EACCES$/,
  );
  closed.mock.restore();
  syncBuiltinESMExports();
});

test('a folder so deep that no key could name what it holds is skipped by name, however deep it goes', async () => {
  const folder = makeFolder();
  write(folder, 'top.jpg', `${'d/'.repeat(511)}last.jpg`, `${'d/'.repeat(600)}lost.jpg`);
  const { photos, skipped } = await findPhotos(folder);
  assert.deepEqual(
    photos.map(({ key }) => key),
    [`top.jpg`],
  );
  const deep = 'd/'.repeat(511);
  assert.deepEqual(skipped, [
    { name: `${deep}d/d`, why: 'keys of what it holds exceed 1024 bytes' },
    { name: `${deep}last.jpg`, why: 'its key has 1030 bytes; the limit of S3 is 1024' },
  ]);
});

test('one file may be named instead of a folder, or a link to one', async () => {
  const folder = makeFolder();
  write(folder, 'kiwi/1.jpg', '2.jpg');
  const path = join(folder, 'kiwi/1.jpg');
  assert.deepEqual(await findPhotos(path), { photos: [{ path, key: '1.jpg' }], skipped: [] });
  symlinkSync(path, join(folder, 'link.jpg'));
  assert.deepEqual(await keys(join(folder, 'link.jpg')), ['link.jpg']);
});

test('a folder that is missing, or holds nothing to upload, is named with what it holds instead', async () => {
  const folder = makeFolder();
  await assert.rejects(findPhotos(folder), new RegExp(`${folder} .*holds no file$`));
  await assert.rejects(findPhotos(join(folder, 'no\nne')), /There is no folder or file .*no\\nne/);
  await assert.rejects(findPhotos('/dev/null'), /There is no folder or file \/dev\/null/);
  symlinkSync('nowhere', join(folder, 'link'));
  await assert.rejects(
    findPhotos(folder),
    /holds no file that can be uploaded:\n {2}link: it leads nowhere$/,
  );
});
