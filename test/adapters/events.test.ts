import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseBackfillEvent } from '../../functions/adapters/requests/backfill.ts';
import { parseEraseEvent } from '../../functions/adapters/requests/erase.ts';
import { parseFeaturizeEvent } from '../../functions/adapters/requests/featurize.ts';
import { parsePhaseEvent, parseReduceEvent } from '../../functions/adapters/requests/reduce.ts';
import { decodeKey } from '../../functions/adapters/requests/s3-records.ts';
import { InvalidRequest } from '../../functions/core/errors.ts';
import type { FeaturizeRequest } from '../../functions/core/ports.ts';

const recorded = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../events/${name}.json`, import.meta.url), 'utf8'));
const BUCKET = 'verger-dev-photos';
const PHOTO = 'fruits/Apple Golden 3/pêche + %.jpg';

test('an ObjectCreated event names the decoded key, the etag and the sequencer', () => {
  assert.deepEqual(parseFeaturizeEvent(recorded('object-created-put'), BUCKET), [
    { key: PHOTO, etag: 'd41d8cd98f00b204e9800998ecf8427e', sequencer: '0055AED6DCD90281E5' },
  ]);
});

test('a photo restored from an archive is named by its key alone, as S3 gives its event no sequencer', () => {
  assert.deepEqual(parseFeaturizeEvent(recorded('object-restore-completed'), BUCKET), [
    { key: PHOTO, version: 'current' },
  ]);
});

test('what featurize hands on to itself is read as it was', () => {
  const requests: FeaturizeRequest[] = [
    { key: 'a.jpg', etag: 'e1', sequencer: '0A' },
    { key: 'b.jpg', etag: 'e2', seen: { etag: 'e1', sequencer: '0A', model: 'm@1', refused: 'corrupt' } },
    { key: 'c.jpg', etag: 'e3' },
    { key: 'd.jpg', version: 'current' },
  ];
  assert.deepEqual(parseFeaturizeEvent(JSON.parse(JSON.stringify({ backfill: requests })), BUCKET), requests);
});

test('an ObjectRemoved event, a delete marker too, names the decoded key and the sequencer', () => {
  assert.deepEqual(parseEraseEvent(recorded('object-removed'), BUCKET), [
    { key: PHOTO, sequencer: '0055AED6DCD90281E6', isOneVersion: false },
  ]);
});

test('a photo that the lifecycle of its bucket expires was removed too', () => {
  const event = JSON.parse(JSON.stringify(recorded('object-removed'))) as {
    Records: { eventName: string }[];
  };
  event.Records[0]!.eventName = 'LifecycleExpiration:DeleteMarkerCreated';
  assert.deepEqual(parseEraseEvent(event, BUCKET), [
    { key: PHOTO, sequencer: '0055AED6DCD90281E6', isOneVersion: false },
  ]);
});

test('deleting one version of several is told from deleting the photo', () => {
  const event = JSON.parse(JSON.stringify(recorded('object-removed'))) as {
    Records: { eventName: string; s3: { object: { versionId?: string } } }[];
  };
  event.Records[0]!.eventName = 'ObjectRemoved:Delete';
  assert.equal(parseEraseEvent(event, BUCKET)[0]?.isOneVersion, true);
  delete event.Records[0]!.s3.object.versionId;
  assert.equal(parseEraseEvent(event, BUCKET)[0]?.isOneVersion, false);
});

test('the event S3 sends to test a notification asks for nothing', () => {
  assert.deepEqual(parseFeaturizeEvent(recorded('test-event'), BUCKET), []);
  assert.deepEqual(parseEraseEvent(recorded('test-event'), BUCKET), []);
});

test('a folder marker is no photo', () => {
  const event = JSON.parse(JSON.stringify(recorded('object-created-put'))) as {
    Records: { s3: { object: { key: string } } }[];
  };
  event.Records[0]!.s3.object.key = 'fruits/Apple+Golden+3/';
  assert.deepEqual(parseFeaturizeEvent(event, BUCKET), []);
});

test('keys are decoded as S3 encodes them', () => {
  assert.equal(decodeKey('a+b%2Bc%20d%25'), 'a b+c d%');
  assert.equal(decodeKey('%E6%A2%A8/%F0%9F%8D%90.jpg'), '梨/🍐.jpg');
  assert.throws(() => decodeKey('%E6%A2'), /object key "%E6%A2" is not URL-encoded UTF-8/);
});

test('an event that is not understood is refused by what is wrong with it', () => {
  const cases: [unknown, RegExp][] = [
    [undefined, /expected an S3 event with Records, got absent/],
    [{}, /expected an S3 event with Records, got \{\}/],
    [
      recorded('object-removed'),
      /expected ObjectCreated:\*, ObjectRestore:Completed events, got "ObjectRemoved:DeleteMarkerCreated"/,
    ],
    [{ Records: [{}] }, /Records\[\]\.eventName should be a string, is absent/],
    [{ Records: [{ eventName: 'ObjectCreated:Put' }] }, /Records\[\]\.s3 should be an object/],
    [
      {
        Records: [
          { eventName: 'ObjectCreated:Put', s3: { bucket: { name: BUCKET }, object: { key: 'a.jpg' } } },
        ],
      },
      /Records\[\]\.s3\.object\.sequencer should be 1 to 40 hexadecimal digits, is absent/,
    ],
    [{ backfill: [{ key: 'a' }] }, /backfill\[\]\.etag should be an ETag, is absent/],
  ];
  for (const [event, message] of cases) {
    assert.throws(
      () => parseFeaturizeEvent(event, BUCKET),
      (error) => error instanceof InvalidRequest && message.test(error.message),
    );
  }
});

test('a backfill batch is read as backfill wrote it', () => {
  const request = {
    key: 'a b.jpg',
    etag: 'e',
    seen: { etag: 'old', model: 'm@1' },
  };
  assert.deepEqual(parseFeaturizeEvent({ backfill: [request] }, BUCKET), [request]);
});

test('reduce tells the schedule from somebody who asks', () => {
  const defaults = { components: 64, standardize: true, projection: 'centered' };
  const asked = {
    pca: { ...defaults, components: 8 },
    asksComponents: true,
    prefix: '',
    csv: false,
    thumbnails: true,
  };
  const nothing = { pca: defaults, asksComponents: false, prefix: '', csv: false, thumbnails: true };
  assert.deepEqual(parseReduceEvent({ scheduled: true, components: 8 }), { scheduled: true, options: asked });
  assert.deepEqual(parseReduceEvent({ components: 8 }), { scheduled: false, options: asked });
  assert.deepEqual(parseReduceEvent(undefined), { scheduled: false, options: nothing });
  assert.throws(() => parseReduceEvent([1]), /reduce takes an object such as {"components": 64}, not \[1\]/);
  assert.throws(() => parseReduceEvent({ scheduled: 'yes' }), /"scheduled" is not an option/);
});

test('reduce takes what keys of photos begin with, an empty one being all photos, and refuses what no key begins with', () => {
  for (const prefix of ['', 'phone/', 'a b/Äpfel+%2F/', 'p'.repeat(880)]) {
    assert.equal(parseReduceEvent({ prefix }).options.prefix, prefix);
    assert.deepEqual(parsePhaseEvent({ phase: 'plan', request: { prefix } }), {
      phase: 'plan',
      options: parseReduceEvent({ prefix }).options,
      segments: undefined,
    });
  }
  const cases: [unknown, RegExp][] = [
    [3, /^prefix is 3; allowed: what keys of photos begin with, such as "phone\/"$/],
    [null, /^prefix is null; allowed/],
    [['phone/'], /^prefix is \["phone\/"\]; allowed/],
    ['p'.repeat(1025), /^prefix "p+…?.* has 1025 bytes; S3 takes 1 to 1024 of them$/],
    ['\ud83c/', /^prefix .* is not Unicode text$/],
    ['/'.repeat(300), /^prefix "\/+.* makes a folder of 913 characters; the limit is 900$/],
  ];
  for (const [prefix, message] of cases) {
    assert.throws(
      () => parseReduceEvent({ prefix }),
      (error) => error instanceof InvalidRequest && message.test(error.message),
      String(message),
    );
  }
});

test('backfill takes one command, every photo by default', () => {
  assert.deepEqual(parseBackfillEvent(undefined), { prefix: '' });
  assert.deepEqual(parseBackfillEvent({}), { prefix: '' });
  for (const command of [{ prefix: 'fruits/' }, { resume: 'r' }, { stop: 'r' }, { status: 'r' }]) {
    assert.deepEqual(parseBackfillEvent(command), command);
  }
  for (const wrong of [{ prefx: 'a' }, { prefix: 3 }, [], 'fruits/', { stop: 'r', status: 'r' }]) {
    assert.throws(
      () => parseBackfillEvent(wrong),
      (error) => error instanceof InvalidRequest && /^backfill takes one of .*; got /.test(error.message),
    );
  }
});
