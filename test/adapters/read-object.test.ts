import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, test } from 'node:test';
import { S3Client } from '@aws-sdk/client-s3';
import { readObject } from '../../functions/adapters/read-object.ts';
import { listen } from '../../local/stack/listen.ts';

const CONTENT = Buffer.from('an apple, whole');
/** Answers that break off, before those that do not. */
let broken = 0;
let asked = 0;
const server = createServer((_, response) => {
  asked++;
  response.writeHead(200, { 'content-length': CONTENT.length, etag: '"e"' });
  if (broken-- <= 0) response.end(CONTENT);
  else response.write(CONTENT.subarray(0, 5), () => response.destroy());
});
const client = new S3Client({
  endpoint: await listen(server, { port: 0, what: 'S3', variable: 'none' }),
  region: 'eu-west-1',
  forcePathStyle: true,
  credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
});
after(() => {
  client.destroy();
  server.closeAllConnections();
  server.close();
});

test('an object whose body breaks off is asked for again', async () => {
  [broken, asked] = [2, 0];
  const object = await readObject(client, { Bucket: 'b', Key: 'k.jpg' });
  assert.deepEqual(object && { bytes: Buffer.from(object.bytes).toString(), etag: object.etag }, {
    bytes: 'an apple, whole',
    etag: '"e"',
  });
  assert.equal(asked, 3);
});

test('one that breaks off three times is an error that names it', async () => {
  [broken, asked] = [9, 0];
  await assert.rejects(readObject(client, { Bucket: 'b', Key: 'k.jpg' }), {
    message: /^S3 broke off k\.jpg 3 times: /,
  });
  assert.equal(asked, 3);
});

test('one that is not accepted is neither fetched nor asked for again', async () => {
  [broken, asked] = [0, 0];
  const refuse = (size: number) => {
    throw new Error(`${size} bytes are too many`);
  };
  await assert.rejects(
    readObject(client, { Bucket: 'b', Key: 'k.jpg' }, refuse),
    /^Error: 15 bytes are too many$/,
  );
  assert.equal(asked, 1);
});
