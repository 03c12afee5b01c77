/** S3 as programs without an SDK send to it: framed bodies, presigned addresses, forms. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { startS3 } from './s3-fixture.ts';

const { changes, client, endpoint, folder, store } = await startS3();
const Bucket = 'requests';
store.createBucket(Bucket);

function stored(key: string): string | undefined {
  const entry = store.find(Bucket, key);
  return entry && Buffer.concat([...store.read(Bucket, entry)]).toString();
}

async function put(key: string, body: string, headers: Record<string, string> = {}): Promise<string> {
  const response = await fetch(`${endpoint}/${Bucket}/${key}`, { method: 'PUT', body, headers });
  const code = /<Code>(\w+)/.exec(await response.text())?.[1];
  return code ? `${response.status} ${code}` : String(response.status);
}

const CRC32 = 'x-amz-checksum-crc32';
/** Of `123456789`. */
const SUM = 'y/Q5Jg==';
const trailer = { 'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER', 'x-amz-trailer': CRC32 };

const BODIES: [what: string, headers: Record<string, string>, body: string, answer: string][] = [
  [
    'chunks',
    { 'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD' },
    '4;chunk-signature=ab\r\n1234\r\n5;chunk-signature=cd\r\n56789\r\n0;chunk-signature=ef\r\n\r\n',
    '200',
  ],
  ['chunks with a trailer', trailer, `9\r\n123456789\r\n0\r\n${CRC32}:${SUM}\r\n\r\n`, '200'],
  [
    'signed chunks with a signed trailer',
    { ...trailer, 'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER' },
    `9;chunk-signature=ab\r\n123456789\r\n0;chunk-signature=cd\r\n${CRC32}: ${SUM}\r\nx-amz-trailer-signature:ef\r\n\r\n`,
    '200',
  ],
  [
    'a decoded length that is right',
    { ...trailer, 'x-amz-decoded-content-length': '9' },
    `9\r\n123456789\r\n0\r\n${CRC32}:${SUM}\r\n\r\n`,
    '200',
  ],
  [
    'a decoded length that is wrong',
    { ...trailer, 'x-amz-decoded-content-length': '8' },
    `9\r\n123456789\r\n0\r\n${CRC32}:${SUM}\r\n\r\n`,
    '400 IncompleteBody',
  ],
  ['a trailer that is wrong', trailer, `9\r\n123456780\r\n0\r\n${CRC32}:${SUM}\r\n\r\n`, '400 BadDigest'],
  ['a trailer that is missing', trailer, '9\r\n123456789\r\n0\r\n\r\n', '400 MalformedTrailerError'],
  ['a chunk that is no chunk', trailer, '123456789', '400 IncompleteBody'],
  [
    'a chunk that is longer than it says',
    trailer,
    `4\r\n123456789\r\n0\r\n${CRC32}:${SUM}\r\n\r\n`,
    '400 IncompleteBody',
  ],
  ['chunks without an end', trailer, '9\r\n123456789\r\n', '400 IncompleteBody'],
  [
    'a SHA-256 that is right',
    { 'x-amz-content-sha256': createHash('sha256').update('123456789').digest('hex') },
    '123456789',
    '200',
  ],
  [
    'a SHA-256 that is wrong',
    { 'x-amz-content-sha256': createHash('sha256').update('other').digest('hex') },
    '123456789',
    '400 XAmzContentSHA256Mismatch',
  ],
  ['a checksum that is none', { [CRC32]: '?' }, '123456789', '400 InvalidRequest'],
  ['two checksums', { [CRC32]: SUM, 'x-amz-checksum-crc32c': '4waSgw==' }, '123456789', '400 InvalidRequest'],
  [
    'a checksum that is not offered',
    { 'x-amz-checksum-xxhash64': 'AAAAAAAAAAA=' },
    '123456789',
    '501 NotImplemented',
  ],
];
for (const [what, headers, body, answer] of BODIES) {
  test(`an upload with ${what} is answered ${answer}`, async () => {
    const key = what.replaceAll(' ', '-');
    assert.equal(await put(key, body, { ...headers, 'content-encoding': 'aws-chunked' }), answer);
    assert.equal(stored(key), answer === '200' ? '123456789' : undefined);
    assert.equal(store.find(Bucket, key)?.headers['content-encoding'], undefined);
  });
}

test('nothing is left of uploads that were refused', () => {
  assert.equal(readdirSync(join(folder, Bucket, 'data')).length, store.keys(Bucket).length);
});

test('a body of over 1 GB is refused before it arrives: larger objects come in parts', async () => {
  const headers = { 'content-length': 2 ** 30 + 1 };
  const upload = request(`${endpoint}/${Bucket}/large`, { method: 'PUT', headers });
  upload.write('its beginning');
  const [response] = (await once(upload, 'response')) as [IncomingMessage];
  assert.match(await text(response), /<Code>EntityTooLarge<.*<MaxSizeAllowed>1073741824</);
  upload.destroy();
});

test('chunks are put together wherever the network cuts them', async () => {
  const body = `4\r\n1234\r\n5\r\n56789\r\n0\r\n${CRC32}:${SUM}\r\n\r\n`;
  const head = Object.entries({
    ...trailer,
    host: '127.0.0.1',
    connection: 'close',
    'content-length': body.length,
  });
  const socket = connect(Number(new URL(endpoint).port), '127.0.0.1').setNoDelay();
  socket.write(`PUT /${Bucket}/cut HTTP/1.1\r\n${head.map((pair) => pair.join(': ')).join('\r\n')}\r\n\r\n`);
  for (const sign of body) {
    socket.write(sign);
    await new Promise(setImmediate);
  }
  assert.match(await text(socket), /^HTTP\/1.1 200 /);
  assert.equal(stored('cut'), '123456789');
});

test('a presigned address takes an upload and gives it back, until it expires', async () => {
  const object = { Bucket, Key: 'presigned ü.jpg' };
  const url = await getSignedUrl(client, new PutObjectCommand({ ...object, Metadata: { by: 'me' } }), {
    expiresIn: 60,
  });
  // The SDK signs the checksum of an empty body into the address; S3 does not look at it there.
  assert.match(url, /x-amz-checksum-crc32=AAAAAA/);
  assert.equal((await fetch(url, { method: 'PUT', body: 'content' })).status, 200);
  assert.equal(stored(object.Key), 'content');
  assert.equal(store.get(Bucket, object.Key).headers['x-amz-meta-by'], 'me');
  const get = await getSignedUrl(client, new GetObjectCommand(object), { expiresIn: 60 });
  assert.equal(await (await fetch(get)).text(), 'content');

  const signingDate = new Date(Date.now() - 61_000);
  const expired = await getSignedUrl(client, new PutObjectCommand(object), { expiresIn: 60, signingDate });
  const refused = await fetch(expired, { method: 'PUT', body: 'late' });
  assert.equal(refused.status, 403);
  assert.match(await refused.text(), /<Code>AccessDenied<\/Code><Message>Request has expired/);
  assert.equal(stored(object.Key), 'content');
  // As the older signature has it.
  const older = `${endpoint}/${Bucket}/${encodeURIComponent(object.Key)}?AWSAccessKeyId=a&Signature=b&Expires=`;
  assert.equal((await fetch(older + Math.floor(Date.now() / 1000 - 1))).status, 403);
  assert.equal((await fetch(older + Math.floor(Date.now() / 1000 + 60))).status, 200);
});

/** Posts a form with a file of 7 bytes. */
async function post(fields: Record<string, string>, policy?: { expiration?: string; conditions: unknown[] }) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  const expiration = new Date(Date.now() + 60_000).toISOString();
  if (policy)
    form.append('policy', Buffer.from(JSON.stringify({ expiration, ...policy })).toString('base64'));
  form.append('file', new Blob(['content'], { type: 'image/jpeg' }), 'my ü photo.jpg');
  return fetch(`${endpoint}/${Bucket}`, { method: 'POST', body: form, redirect: 'manual' });
}

test('a form uploads a file under its own name, and is announced as a POST', async () => {
  const response = await post({
    key: 'form/$' + '{filename}',
    'Content-Type': 'image/jpeg',
    'x-amz-meta-by': 'me',
  });
  assert.equal(response.status, 204);
  assert.equal(response.headers.get('etag'), '"9a0364b9e99bb480dd25e1f0284c8555"');
  assert.equal(stored('form/my ü photo.jpg'), 'content');
  const { headers } = store.get(Bucket, 'form/my ü photo.jpg');
  assert.deepEqual(headers, { 'content-type': 'image/jpeg', 'x-amz-meta-by': 'me' });
  assert.equal(changes.at(-1)?.kind, 'Post');
});

test('a form is answered as it asks to be', async () => {
  const created = await post({ key: 'k', success_action_status: '201' });
  assert.equal(created.status, 201);
  assert.match(
    await created.text(),
    /<PostResponse><Location>http:\/\/127\.0\.0\.1:\d+\/requests\/k<\/Location><Bucket>requests</,
  );
  assert.equal((await post({ key: 'k', success_action_status: '200' })).status, 200);
  const away = await post({ key: 'k', success_action_redirect: 'http://127.0.0.1/done?a=1' });
  assert.equal(away.status, 303);
  const location = new URL(away.headers.get('location') ?? '');
  assert.deepEqual(
    [...location.searchParams],
    [
      ['a', '1'],
      ['bucket', Bucket],
      ['key', 'k'],
      ['etag', '"9a0364b9e99bb480dd25e1f0284c8555"'],
    ],
  );
});

const POLICIES: [what: string, policy: { expiration?: string; conditions: unknown[] }, answer: string][] = [
  [
    'holds',
    {
      conditions: [
        { bucket: Bucket },
        ['starts-with', '$key', 'policy/'],
        ['eq', '$x-amz-meta-by', 'me'],
        ['content-length-range', 1, 7],
      ],
    },
    '204',
  ],
  ['has expired', { expiration: '2001-01-01T00:00:00Z', conditions: [] }, '403 AccessDenied'],
  ['is of another bucket', { conditions: [{ bucket: 'other' }] }, '403 AccessDenied'],
  ['is of other keys', { conditions: [['starts-with', '$key', 'other/']] }, '403 AccessDenied'],
  ['wants more bytes', { conditions: [['content-length-range', 8, 9]] }, '400 EntityTooSmall'],
  ['wants fewer bytes', { conditions: [['content-length-range', 0, 6]] }, '400 EntityTooLarge'],
];
for (const [what, policy, answer] of POLICIES) {
  test(`a form whose policy ${what} is answered ${answer}`, async () => {
    const response = await post({ key: `policy/${what}`, 'x-amz-meta-by': 'me' }, policy);
    const [, code] = /<Code>(\w+)/.exec(await response.text()) ?? [];
    assert.equal([response.status, code].filter(Boolean).join(' '), answer);
    assert.equal(stored(`policy/${what}`), answer === '204' ? 'content' : undefined);
  });
}

test('a form without a key, without a file or that is none is refused, and a long key too', async () => {
  assert.match(await (await post({})).text(), /<Code>InvalidArgument/);
  const empty = new FormData();
  empty.append('key', 'k');
  const bodies: [body: FormData | string, type: string | undefined, code: RegExp][] = [
    [empty, undefined, /<Code>InvalidArgument/],
    ['{}', 'application/json', /<Code>MalformedPOSTRequest/],
    ['nonsense', 'multipart/form-data; boundary=x', /<Code>MalformedPOSTRequest/],
  ];
  for (const [body, type, code] of bodies) {
    const response = await fetch(`${endpoint}/${Bucket}`, {
      method: 'POST',
      body,
      ...(type && { headers: { 'content-type': type } }),
    });
    assert.match(await response.text(), code);
  }
  assert.match(await (await post({ key: 'k'.repeat(1025) })).text(), /<Code>KeyTooLongError/);
});

test('what S3 cannot read is refused in its XML', async () => {
  const answers: [method: string, path: string, answer: string][] = [
    ['GET', '/%E0%A4%A', '400 InvalidURI'],
    ['GET', `/${Bucket}/%FF`, '400 InvalidURI'],
    ['PATCH', `/${Bucket}/k`, '405 MethodNotAllowed'],
    ['POST', `/${Bucket}/k`, '405 MethodNotAllowed'],
    ['PUT', '/', '405 MethodNotAllowed'],
    ['POST', `/${Bucket}/k?select`, '501 NotImplemented'],
    ['GET', `/${Bucket}/k?partNumber=1`, '501 NotImplemented'],
    ['POST', `/${Bucket}?delete`, '400 MalformedXML'],
    ['GET', `/${Bucket}?max-keys=-1`, '400 InvalidArgument'],
    ['GET', `/${Bucket}?encoding-type=other`, '400 InvalidArgument'],
    ['PUT', `/${Bucket}/${'k'.repeat(20_000)}`, '400 KeyTooLongError'],
    ['PUT', '/No_bucket', '400 InvalidBucketName'],
  ];
  for (const [method, path, answer] of answers) {
    const response = await fetch(endpoint + path, { method });
    const body = await response.text();
    assert.match(body, /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<Error><Code>/, path);
    assert.equal(`${response.status} ${/<Code>(\w+)/.exec(body)?.[1]}`, answer, path);
  }
});

test('a body made to be slow to read is refused at once', async () => {
  for (const piece of ['<Object>', '<Object ', '<Delete><Object><Key>', '&#x41;']) {
    const start = performance.now();
    const body = piece.repeat(7_000_000 / piece.length);
    const response = await fetch(`${endpoint}/${Bucket}?delete`, { method: 'POST', body });
    assert.match(await response.text(), /<Code>MalformedXML/);
    assert.ok(performance.now() - start < 5000, piece);
  }
});
