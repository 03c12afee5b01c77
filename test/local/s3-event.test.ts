import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseEraseEvent } from '../../functions/adapters/requests/erase.ts';
import { parseFeaturizeEvent } from '../../functions/adapters/requests/featurize.ts';
import { openObjectStore } from '../../local/stack/s3/object-store.ts';
import {
  createSequencer,
  encodeKey,
  eventName,
  type ObjectChange,
  s3Event,
} from '../../local/stack/s3/s3-event.ts';
import { makeFolder } from './folder.ts';

/** As S3's events show these keys: form encoding with slashes kept. */
const KEYS: [key: string, encoded: string][] = [
  ['fruits/Apple Golden 3/12_100.jpg', 'fruits/Apple+Golden+3/12_100.jpg'],
  ['a+b.jpg', 'a%2Bb.jpg'],
  ['100%.jpg', '100%25.jpg'],
  ['a%20b.jpg', 'a%2520b.jpg'],
  ['Äpfel/é.jpg', '%C3%84pfel/%C3%A9.jpg'],
  ['日本/🍎.jpg', '%E6%97%A5%E6%9C%AC/%F0%9F%8D%8E.jpg'],
  ["(1)!'~*.jpg", '%281%29%21%27%7E*.jpg'],
  ['a&b=c?d#e;f.jpg', 'a%26b%3Dc%3Fd%23e%3Bf.jpg'],
  ['x.y-z_0', 'x.y-z_0'],
];

function change(fields: Partial<ObjectChange>): ObjectChange {
  return {
    kind: 'Put',
    bucket: 'photos',
    key: 'a b.jpg',
    bytes: 3,
    etag: '764efa883dda1e11db47671c4a3bbd9e',
    sequencer: '01A1FBBE6940000000',
    time: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
    ...fields,
  };
}

for (const [key, encoded] of KEYS) {
  test(`the key ${key} stands in events as ${encoded}, and featurize reads it back`, () => {
    assert.equal(encodeKey(key), encoded);
    const [request] = parseFeaturizeEvent(s3Event(change({ key }), 'eu-west-1'), 'photos');
    assert.equal(request?.key, key);
  });
}

test('the record of an upload has the shape that S3 gives it', () => {
  assert.deepEqual(s3Event(change({}), 'eu-west-1'), {
    Records: [
      {
        eventVersion: '2.1',
        eventSource: 'aws:s3',
        awsRegion: 'eu-west-1',
        eventTime: '2026-01-02T03:04:05.678Z',
        eventName: 'ObjectCreated:Put',
        userIdentity: { principalId: 'AWS:LOCAL' },
        requestParameters: { sourceIPAddress: '127.0.0.1' },
        responseElements: { 'x-amz-request-id': 'A1FBBE6940000000', 'x-amz-id-2': 'local' },
        s3: {
          s3SchemaVersion: '1.0',
          configurationId: 'local',
          bucket: { name: 'photos', ownerIdentity: { principalId: 'LOCAL' }, arn: 'arn:aws:s3:::photos' },
          object: {
            key: 'a+b.jpg',
            size: 3,
            eTag: '764efa883dda1e11db47671c4a3bbd9e',
            sequencer: '01A1FBBE6940000000',
          },
        },
      },
    ],
  });
});

test('the record of a deletion has neither size nor ETag, and erase reads it', () => {
  const { bytes: _, etag: __, ...removed } = change({ kind: 'Delete' });
  const event = s3Event(removed, 'eu-west-1') as { Records: { s3: { object: object } }[] };
  assert.deepEqual(event.Records[0]?.s3.object, { key: 'a+b.jpg', sequencer: '01A1FBBE6940000000' });
  const [removal] = parseEraseEvent(event, 'photos');
  assert.equal(removal?.key, 'a b.jpg');
  assert.equal(removal?.sequencer, '01A1FBBE6940000000');
});

test('changes bear the names that event filters know', () => {
  assert.equal(eventName('Copy'), 'ObjectCreated:Copy');
  assert.equal(eventName('CompleteMultipartUpload'), 'ObjectCreated:CompleteMultipartUpload');
  assert.equal(eventName('Delete'), 'ObjectRemoved:Delete');
});

test('sequencers grow while the clock stands still, goes on and is set back', () => {
  const times = [1000, 1000, 1000, 1001, 900, 900, 1002];
  const next = createSequencer(() => times.shift() ?? 0);
  const given = Array.from({ length: 7 }, next);
  assert.deepEqual(given, [...given].sort());
  assert.equal(new Set(given).size, 7);
  assert.ok(given.every((sequencer) => /^[0-9A-F]{18}$/.test(sequencer)));
});

test('sequencers go on above the largest one stored, even if the clock is behind it', () => {
  const stored = createSequencer(() => 5000)();
  assert.ok(createSequencer(() => 10, stored)() > stored);
});

test('a store into which nothing was put can be opened again', () => {
  const folder = makeFolder();
  for (let run = 0; run < 3; run++) {
    const store = openObjectStore(folder, () => {});
    store.createBucket('photos');
  }
});
