import assert from 'node:assert/strict';
import { truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { uploadPhotos } from '../../local/run/upload.ts';
import { close, listen } from '../../local/stack/listen.ts';
import { openObjectStore } from '../../local/stack/s3/object-store.ts';
import { createS3Server } from '../../local/stack/s3/server.ts';
import { makeFolder } from './folder.ts';

const PORT = { port: 0, what: 'S3 of this test', variable: 'NONE' };

test('photos lie in the bucket under their own keys, byte for byte', async () => {
  const folder = makeFolder();
  const store = openObjectStore(join(folder, 's3'), () => {});
  store.createBucket('photos');
  const server = createS3Server(store, 'eu-west-1');
  const contents = new Map([
    ['Apple Golden 3/12_100.jpg', Buffer.from([0, 255, 10, 13])],
    ["a+b & 'c' (100%)/ä€😀?#=.jpg", Buffer.from('second')],
    ['empty.jpg', Buffer.alloc(0)],
  ]);
  const photos = [...contents].map(([key, bytes], index) => {
    const path = join(folder, String(index));
    writeFileSync(path, bytes);
    return { path, key };
  });
  let uploaded = 0;
  try {
    await uploadPhotos(await listen(server, PORT), 'photos', photos, () => uploaded++);
    assert.equal(uploaded, 3);
    for (const [key, bytes] of contents) {
      assert.deepEqual(Buffer.concat([...store.read('photos', store.get('photos', key))]), bytes, key);
    }
  } finally {
    await close(server);
  }
});

test('an upload that the disk of the local S3 has no room for says so, in a line', async (t) => {
  const folder = makeFolder();
  writeFileSync(join(folder, 'a.jpg'), 'a');
  const store = openObjectStore(join(folder, 's3'), () => {});
  store.createBucket('photos');
  t.mock.method(store, 'write', () => {
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  });
  t.mock.method(console, 'error', () => {});
  const server = createS3Server(store, 'eu-west-1');
  try {
    const photos = [{ path: join(folder, 'a.jpg'), key: 'a.jpg' }];
    await assert.rejects(
      uploadPhotos(await listen(server, PORT), 'photos', photos, () => {}),
      {
        code: 'UPLOAD_FAILED',
        message: /photos\/a\.jpg was answered 500: The local S3: ENOSPC: no space left on device, write$/,
      },
    );
  } finally {
    await close(server);
  }
});

test('an upload that S3 refuses fails with what S3 says', async () => {
  const folder = makeFolder();
  writeFileSync(join(folder, 'a.jpg'), 'a');
  const server = createServer(async (request, response) => {
    await buffer(request);
    response.writeHead(503).end('SlowDown');
  });
  try {
    const endpoint = await listen(server, PORT);
    const uploading = uploadPhotos(
      endpoint,
      'photos',
      [{ path: join(folder, 'a.jpg'), key: 'a.jpg' }],
      () => {},
    );
    await assert.rejects(uploading, {
      code: 'UPLOAD_FAILED',
      message: /photos\/a\.jpg was answered 503: SlowDown$/,
    });
  } finally {
    await close(server);
  }
});

test('what cannot be read is told, and stops nothing: a photo gone meanwhile, a film of 3 GB', async () => {
  const folder = makeFolder();
  const store = openObjectStore(join(folder, 's3'), () => {});
  store.createBucket('photos');
  const photos = ['gone.jpg', 'film.mov', 'a.jpg'].map((key) => ({ path: join(folder, key), key }));
  writeFileSync(join(folder, 'a.jpg'), 'a');
  writeFileSync(join(folder, 'film.mov'), '');
  truncateSync(join(folder, 'film.mov'), 3 * 2 ** 30); // no bytes on disk
  const server = createS3Server(store, 'eu-west-1');
  const done: [key: string, why: string | undefined][] = [];
  try {
    const endpoint = await listen(server, PORT);
    await uploadPhotos(endpoint, 'photos', photos, ({ key }, why) => done.push([key, why]));
  } finally {
    await close(server);
  }
  assert.deepEqual(done, [
    ['gone.jpg', 'it cannot be read: ENOENT'],
    ['film.mov', 'it has 3221225472 bytes; the local S3 takes 1073741824 at once'],
    ['a.jpg', undefined],
  ]);
  assert.deepEqual(store.keys('photos'), ['a.jpg']);
});

test('an upload that fails is the last: the others are given up', async () => {
  const folder = makeFolder();
  const photos = Array.from({ length: 100 }, (_, n) => ({ path: join(folder, String(n)), key: String(n) }));
  for (const { path } of photos) writeFileSync(path, 'a');
  let asked = 0;
  const server = createServer(async (request, response) => {
    await buffer(request);
    if (asked++ === 10) response.writeHead(507).end('full');
    else if (asked < 10) response.end();
  });
  try {
    const uploading = uploadPhotos(await listen(server, PORT), 'photos', photos, () => {});
    await assert.rejects(uploading, /was answered 507: full$/);
    assert.ok(asked <= 18, `${asked} uploads were begun`);
  } finally {
    await close(server);
  }
});
