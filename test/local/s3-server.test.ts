import assert from 'node:assert/strict';
import { createReadStream, readdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { openObjectStore } from '../../local/stack/s3/object-store.ts';
import type { ObjectChange } from '../../local/stack/s3/s3-event.ts';
import { makeFolder } from './folder.ts';
import { startS3 } from './s3-fixture.ts';

const { folder, changes, store, server, endpoint, client } = await startS3();

let buckets = 0;
/** Each test has a bucket of its own. */
async function makeBucket(): Promise<string> {
  const bucket = `bucket-${buckets++}`;
  store.createBucket(bucket);
  return bucket;
}

function put(
  Bucket: string,
  Key: string,
  Body: string,
  conditions: { IfMatch?: string; IfNoneMatch?: string } = {},
) {
  return client.send(new PutObjectCommand({ Bucket, Key, Body, ...conditions }));
}

async function read(Bucket: string, Key: string): Promise<string | undefined> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
  return Body?.transformToString();
}

async function list(Bucket: string, MaxKeys?: number): Promise<string[]> {
  const keys: string[] = [];
  let ContinuationToken: string | undefined;
  do {
    const page = await client.send(new ListObjectsV2Command({ Bucket, MaxKeys, ContinuationToken }));
    keys.push(...(page.Contents ?? []).map(({ Key = '' }) => Key));
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken);
  return keys;
}

function status(code: number): (error: unknown) => boolean {
  return (error) => (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode === code;
}

const KEYS = [
  'a b.jpg',
  'a+b.jpg',
  'Äpfel/é ñ.jpg',
  '100%.jpg',
  'a%20b.jpg',
  '日本/🍎.jpg',
  'x&y<z>"\'.jpg',
  "(1)!'~*.jpg",
  'a#b?c=d;e.jpg',
  '../../up.jpg',
  '..',
  '001',
  ' spaces ',
  'tab\there',
  'folder/',
  'a//b',
  '/a',
  '//',
  `${'long/'.repeat(60)}${'n'.repeat(255)}.jpg`,
];

for (const key of KEYS) {
  test(`an object called ${JSON.stringify(key).slice(0, 40)} is stored, announced, listed, read and deleted`, async () => {
    const bucket = await makeBucket();
    await put(bucket, key, 'content');
    assert.equal(await read(bucket, key), 'content');
    assert.deepEqual(await list(bucket), [key]);
    await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
    assert.deepEqual(await list(bucket), []);
    const seen = changes.filter((change) => change.bucket === bucket);
    assert.deepEqual(
      seen.map(({ kind, key, bytes, etag }) => ({ kind, key, bytes, etag })),
      [
        { kind: 'Put', key, bytes: 7, etag: '9a0364b9e99bb480dd25e1f0284c8555' },
        { kind: 'Delete', key, bytes: undefined, etag: undefined },
      ],
    );
    assert.ok(seen[0]!.sequencer < seen[1]!.sequencer);
  });
}

test('a listing in pages holds every key once, in the order of UTF-8 bytes', async () => {
  const bucket = await makeBucket();
  // In folders on a disk `a/x` would come before `a-b`; in UTF-16 the apple before the full-width A.
  const keys = ['a', 'a!', 'a-b', 'a.b', 'a/x', 'a/y', 'b', 'Ａ', '🍎'];
  for (const key of keys.toReversed()) await put(bucket, key, key);
  for (const size of [1, 2, 4, 9, 10]) assert.deepEqual(await list(bucket, size), keys);
});

test('a write holds to If-None-Match and If-Match, and of many at once only one wins', async () => {
  const bucket = await makeBucket();
  const results = await Promise.allSettled(
    Array.from({ length: 8 }, (_, n) => put(bucket, 'latest', String(n), { IfNoneMatch: '*' })),
  );
  assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
  const { ETag } = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: 'latest' }));
  await assert.rejects(put(bucket, 'latest', 'new', { IfMatch: '"00"' }), status(412));
  await put(bucket, 'latest', 'new', { IfMatch: ETag! });
  await assert.rejects(put(bucket, 'latest', 'newer', { IfMatch: ETag! }), status(412));
  await assert.rejects(put(bucket, 'none', 'new', { IfMatch: ETag! }), status(404));
  assert.equal(await read(bucket, 'latest'), 'new');
});

test('an upload in chunks with a checksum behind them is stored without their framing', async () => {
  const bucket = await makeBucket();
  const path = join(makeFolder(), 'big.bin');
  const bytes = Buffer.alloc(3_000_001, 'verger ');
  writeFileSync(path, bytes);
  await client.send(new PutObjectCommand({ Bucket: bucket, Key: 'big', Body: createReadStream(path) }));
  const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: 'big' }));
  assert.ok(bytes.equals((await Body?.transformToByteArray()) ?? new Uint8Array()));
  assert.equal(changes.at(-1)?.bytes, bytes.length);
  const part = await client.send(new GetObjectCommand({ Bucket: bucket, Key: 'big', Range: 'bytes=7-13' }));
  assert.equal(await part.Body?.transformToString(), 'verger ');
});

test('an upload in parts becomes one object, announced once when it is complete', async () => {
  const Bucket = await makeBucket();
  const Key = 'in parts.bin';
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  const parts = [];
  const first = 'first '.repeat(2 ** 20);
  for (const [index, Body] of [first, 'second'].entries()) {
    const PartNumber = index + 1;
    const { ETag } = await client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }));
    parts.push({ PartNumber, ETag });
  }
  await client.send(
    new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts: parts } }),
  );
  assert.equal(await read(Bucket, Key), `${first}second`);
  const seen = changes.filter(({ bucket }) => bucket === Bucket).map(({ kind, bytes }) => ({ kind, bytes }));
  assert.deepEqual(seen, [{ kind: 'CompleteMultipartUpload', bytes: first.length + 6 }]);
});

test('a copy is announced as one, its source named with or without %2B', async () => {
  const bucket = await makeBucket();
  await put(bucket, 'a+b ü.jpg', 'content');
  const CopySource = `${bucket}/${encodeURIComponent('a+b ü.jpg')}`;
  await client.send(new CopyObjectCommand({ Bucket: bucket, Key: 'copy', CopySource }));
  assert.equal(await read(bucket, 'copy'), 'content');
  assert.equal(changes.at(-1)?.kind, 'Copy');
});

test('deleting many at once announces each, and takes keys that look like numbers as they are', async () => {
  const bucket = await makeBucket();
  const keys = ['001', '1', '1.50', ' x ', 'a&b<c>.jpg', 'kept'];
  for (const key of keys) await put(bucket, key, key);
  const doomed = ['001', '1.50', ' x ', 'a&b<c>.jpg', 'never there'];
  const { Deleted } = await client.send(
    new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: doomed.map((Key) => ({ Key })) } }),
  );
  assert.deepEqual(
    Deleted?.map(({ Key }) => Key),
    doomed,
  );
  assert.deepEqual(await list(bucket), ['1', 'kept']);
  const announced = changes.filter((change) => change.bucket === bucket && change.kind === 'Delete');
  assert.deepEqual(
    announced.map(({ key }) => key),
    doomed.slice(0, 4),
  );
});

test('an upload that breaks off leaves what was there, announces nothing and leaves no file', async () => {
  const bucket = await makeBucket();
  await put(bucket, 'key', 'whole');
  const announced = changes.length;
  const { port } = server.address() as AddressInfo;
  const headers = { 'content-length': 100 };
  const upload = request({ port, host: '127.0.0.1', method: 'PUT', path: `/${bucket}/key`, headers });
  const closed = new Promise((resolve) => upload.on('error', () => {}).on('close', resolve));
  upload.write('only half');
  await setTimeout(50);
  upload.destroy();
  await closed;
  const files = () => readdirSync(join(folder, bucket, 'data')).length;
  for (let tries = 0; files() > 1 && tries < 100; tries++) await setTimeout(50);
  assert.equal(files(), 1);
  assert.equal(await read(bucket, 'key'), 'whole');
  assert.equal(changes.length, announced);
});

test('any credentials will do, also those of a person who has an account of their own', async () => {
  const bucket = await makeBucket();
  const credentials = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x', sessionToken: 'y' };
  const other = new S3Client({ endpoint, region: 'us-east-1', credentials });
  await other.send(new PutObjectCommand({ Bucket: bucket, Key: 'key', Body: 'content' }));
  other.destroy();
  assert.equal(await read(bucket, 'key'), 'content');
});

test('a bucket whose name leads out of the folder is refused', async () => {
  assert.throws(() => store.createBucket('..'), /not valid/);
});

test('objects are there after a restart, and sequencers go on', async () => {
  const bucket = await makeBucket();
  await put(bucket, 'kept ü', 'content');
  await put(bucket, 'gone', 'content');
  await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'gone' }));
  const last = changes.at(-1)!.sequencer;

  const later: ObjectChange[] = [];
  const reopened = openObjectStore(folder, (change) => later.push(change));
  assert.deepEqual(reopened.keys(bucket), ['kept ü']);
  assert.deepEqual([...reopened.read(bucket, reopened.get(bucket, 'kept ü'))], [Buffer.from('content')]);
  reopened.remove(bucket, 'kept ü');
  assert.ok(later[0]!.sequencer > last);
});
