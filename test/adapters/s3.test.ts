/** The S3 adapters over a real S3 API. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { createBackfillRuns } from '../../functions/adapters/backfill-runs.ts';
import { createPhotoStore } from '../../functions/adapters/s3.ts';
import {
  createSnapshotReader,
  createSnapshotStore,
  publishParameters,
} from '../../functions/adapters/snapshots.ts';
import { Refusal } from '../../functions/core/errors.ts';
import type { BackfillRun, ListedPhoto, PhotoStore, SnapshotStore } from '../../functions/core/ports.ts';
import { CREDENTIALS } from '../../local/stack/environment.ts';
import { close, listen } from '../../local/stack/listen.ts';
import { openObjectStore } from '../../local/stack/s3/object-store.ts';
import { createS3Server } from '../../local/stack/s3/server.ts';

const BUCKET = 'photos';
const folder = mkdtempSync(join(tmpdir(), 'verger-s3-'));
let server: Server;
let client: S3Client;
let photos: PhotoStore;
let snapshots: SnapshotStore;

before(async () => {
  const store = openObjectStore(folder, () => {});
  store.createBucket(BUCKET);
  server = createS3Server(store, 'eu-west-1');
  const endpoint = await listen(server, { port: 0, what: 'S3', variable: 'none' });
  client = new S3Client({
    endpoint,
    region: 'eu-west-1',
    forcePathStyle: true,
    credentials: {
      accessKeyId: CREDENTIALS.AWS_ACCESS_KEY_ID,
      secretAccessKey: CREDENTIALS.AWS_SECRET_ACCESS_KEY,
    },
  });
  photos = createPhotoStore(client, BUCKET);
  snapshots = createSnapshotStore(client, BUCKET);
});

after(async () => {
  client.destroy();
  await close(server);
  rmSync(folder, { recursive: true, force: true });
});

const upload = async (key: string, body: string): Promise<string> => {
  const { ETag } = await client.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: body }));
  return (ETag ?? '').replaceAll('"', '');
};
const download = async (key: string): Promise<string> => {
  const { Body } = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }));
  return (await Body?.transformToString()) ?? '';
};

describe('reading a photo', () => {
  const key = 'fruits/Apple Golden 3/pêche + %41.jpg';

  test('gives the bytes of exactly the version asked for', async () => {
    const etag = await upload(key, 'one');
    assert.equal(Buffer.from((await photos.read({ key, etag }, 3))?.bytes ?? []).toString(), 'one');
  });

  test('gives nothing when that version was replaced or is gone', async () => {
    const etag = await upload(key, 'one');
    await upload(key, 'two');
    assert.equal(await photos.read({ key, etag }, 100), undefined);
    await client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: key }));
    assert.equal(await photos.read({ key, etag }, 100), undefined);
    assert.equal(await photos.head(key), undefined);
  });

  test('refuses one byte too many by what the header says', async () => {
    const etag = await upload(key, 'four');
    await assert.rejects(
      photos.read({ key, etag }, 3),
      (error) =>
        error instanceof Refusal &&
        error.reason === 'too-many-bytes' &&
        /has 4 bytes; the limit is 3/.test(error.message),
    );
  });

  test('fails when the bucket is not there, so that it is retried and not taken for a photo that is gone', async () => {
    const elsewhere = createPhotoStore(client, 'no-such-bucket');
    const missing = { name: 'NoSuchBucket' };
    await assert.rejects(elsewhere.read({ key, etag: 'e' }, 3), missing);
    await assert.rejects(elsewhere.head(key), {
      ...missing,
      message: 'bucket no-such-bucket does not exist',
    });
    await assert.rejects(async () => {
      for await (const _ of elsewhere.list('')) assert.fail('nothing is listed');
    }, missing);
  });

  test('asks for the bucket only where HEAD finds no photo', async () => {
    const asked: string[] = [];
    client.middlewareStack.add(
      (next, { commandName }) =>
        (input) => {
          asked.push(commandName ?? '');
          return next(input);
        },
      { name: 'asked', step: 'initialize' },
    );
    await upload(key, 'here');
    await photos.head(key);
    await photos.head('fruits/nowhere.jpg');
    client.middlewareStack.remove('asked');
    assert.deepEqual(asked, [
      'PutObjectCommand',
      'HeadObjectCommand',
      'HeadObjectCommand',
      'HeadBucketCommand',
    ]);
  });

  test('tells size and etag without reading', async () => {
    const etag = await upload(key, 'three');
    const head = await photos.head(key);
    assert.deepEqual(head, { key: key, etag, bytes: 5 });
  });
});

test('listing goes through more photos than one answer holds, in order, after a place', async () => {
  const keys = Array.from({ length: 1005 }, (_, index) => `many/${String(index).padStart(4, '0')} +&%.jpg`);
  for (let start = 0; start < keys.length; start += 50) {
    await Promise.all(keys.slice(start, start + 50).map((key) => upload(key, 'x')));
  }
  const listed: ListedPhoto[][] = [];
  for await (const page of photos.list('many/')) listed.push(page);
  assert.deepEqual(
    listed.map((page) => page.length),
    [1000, 5],
  );
  assert.deepEqual(
    listed.flat().map(({ key }) => key),
    keys,
  );
  assert.equal(listed[0]?.[0]?.etag, '9dd4e461268c8034f5c8564e155c67a6');

  const rest: string[] = [];
  for await (const page of photos.list('many/', keys[1002])) rest.push(...page.map(({ key }) => key));
  assert.deepEqual(rest, keys.slice(1003));
});

describe('snapshots', () => {
  const latest = (snapshot: string) => ({
    snapshot,
    parts: `rows/snapshot=${snapshot}/`,
    files: `snapshots/${snapshot}/`,
    manifest: `snapshots/${snapshot}/manifest.json`,
    rows: 2,
    model: 'm@1',
  });

  test('are written from bytes and from files, with their content type', async () => {
    const [pca, partHash] = ['{}', 'PAR1'].map((text) => createHash('sha256').update(text).digest('hex')) as [
      string,
      string,
    ];
    assert.equal(
      await snapshots.write('snapshots/a/pca.json', Buffer.from('{}'), 'application/json', pca),
      true,
    );
    const path = join(folder, 'part');
    writeFileSync(path, 'PAR1');
    const part = 'rows/snapshot=a/part-00000.parquet';
    assert.equal(await snapshots.write(part, { path }, 'application/vnd.apache.parquet', partHash), true);
    assert.equal(await download(part), 'PAR1');
    assert.deepEqual(await snapshots.stat(part), { bytes: 4, sha256: partHash });
    assert.equal(await snapshots.stat('rows/snapshot=a/part-00001.parquet'), undefined);
    writeFileSync(path, 'another attempt');
    const other = createHash('sha256').update('another attempt').digest('hex');
    assert.equal(await snapshots.write(part, { path }, 'application/vnd.apache.parquet', other), false);
    assert.equal(await download(part), 'PAR1', 'what is there stays');
    const head = await client.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'snapshots/a/pca.json' }));
    assert.equal(head.ContentType, 'application/json');
  });

  test('the one that began last becomes and stays the latest', async () => {
    assert.equal(await snapshots.publish(latest('20260102T000000Z-a')), true);
    assert.equal(await snapshots.publish(latest('20260103T000000Z-b')), true);
    assert.equal(await snapshots.publish(latest('20260101T000000Z-c')), false);
    assert.deepEqual(JSON.parse(await download('latest.json')), latest('20260103T000000Z-b'));
  });

  test('one of the layout of before gives way to any that is published now', async () => {
    await upload('latest.json', '{"snapshot": "snapshot=20260104T000000.000Z-d", "manifest": "m"}');
    assert.equal(await snapshots.publish(latest('20260103T000000.000Z-b')), false);
    assert.equal(await snapshots.publish(latest('20260105T000000.000Z-e')), true);
    assert.equal(JSON.parse(await download('latest.json')).snapshot, '20260105T000000.000Z-e');
  });

  test('many published at once leave the last one current', async () => {
    const names = Array.from({ length: 8 }, (_, index) => `20260201T00000${index}Z-x`);
    await Promise.all(names.map((name) => snapshots.publish(latest(name))));
    assert.equal(JSON.parse(await download('latest.json')).snapshot, names[7]);
  });

  test('a reader has the latest once, then hears that it is the same until another is published', async () => {
    await upload('latest.json', JSON.stringify(latest('20260401T000000.000Z-a')));
    await upload('snapshots/20260401T000000.000Z-a/pca.json', '{}');
    const reader = createSnapshotReader(client, BUCKET);
    const first = await reader.latest();
    assert.ok(first !== undefined && first !== 'same');
    assert.deepEqual(first.content, latest('20260401T000000.000Z-a'));
    assert.equal(await reader.latest(first.etag), 'same');
    assert.equal(Buffer.from((await reader.read(first.content, 'pca.json')) ?? []).toString(), '{}');
    assert.equal(await reader.read(first.content, 'index.bin'), undefined);
    await snapshots.publish(latest('20260402T000000.000Z-b'));
    const next = await reader.latest(first.etag);
    assert.ok(next !== undefined && next !== 'same');
    assert.equal(next.content.snapshot, '20260402T000000.000Z-b');
    await client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'latest.json' }));
    assert.equal(await reader.latest(next.etag), undefined);
  });

  test('each collection has a latest snapshot of its own', async () => {
    const collection = 'collections/phone-2F/';
    await snapshots.publish(latest('20260601T000000.000Z-all'));
    assert.equal(await snapshots.publish(latest('20260501T000000.000Z-phone'), collection), true);
    assert.equal((await snapshots.latest())?.snapshot, '20260601T000000.000Z-all');
    assert.equal((await snapshots.latest(collection))?.snapshot, '20260501T000000.000Z-phone');
    const read = await createSnapshotReader(client, BUCKET, collection).latest();
    assert.ok(read !== undefined && read !== 'same');
    assert.equal(read.content.snapshot, '20260501T000000.000Z-phone');
    assert.equal(await createSnapshotReader(client, BUCKET, 'collections/phone/').latest(), undefined);
  });

  test('are not published into a bucket that is not there', { timeout: 10_000 }, async () => {
    const elsewhere = createSnapshotStore(client, 'no-such-bucket');
    await assert.rejects(elsewhere.publish(latest('a')), { name: 'NoSuchBucket' });
  });

  test('latest.json is replaced only while it is the one that was read', () => {
    assert.equal(publishParameters(BUCKET, 'latest.json', latest('a'), undefined).IfNoneMatch, '*');
    assert.equal(publishParameters(BUCKET, 'latest.json', latest('a'), '"e"').IfMatch, '"e"');
  });
});

test('backfill runs are kept, and a stop asked for is seen', async () => {
  const runs = createBackfillRuns(client, BUCKET);
  const run: BackfillRun = {
    run: '20260102T030405Z-abc',
    prefix: 'fruits/',
    state: 'running',
    listed: 3,
    sent: 2,
    unreadable: 0,
    skipped: 1,
    lastPhoto: 'fruits/pêche.jpg',
    startedAt: '2026-01-02T03:04:05.000Z',
    updatedAt: '2026-01-02T03:04:06.000Z',
  };
  assert.equal(await runs.load(run.run), undefined);
  await runs.save(run);
  assert.deepEqual(await runs.load(run.run), run);
  assert.equal(await runs.stopRequested(run.run), false);
  await runs.requestStop(run.run);
  assert.equal(await runs.stopRequested(run.run), true);

  const elsewhere = createBackfillRuns(client, 'no-such-bucket');
  await assert.rejects(elsewhere.load(run.run), { name: 'NoSuchBucket' });
  await assert.rejects(elsewhere.stopRequested(run.run), { name: 'NoSuchBucket' });
});
