/** Events that nobody should send: each is refused in a few clear words, and leads to nothing. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { answerBatchOperation, isBatchOperation } from '../../functions/adapters/batch-operations.ts';
import { parseBackfillEvent } from '../../functions/adapters/requests/backfill.ts';
import { parseEraseEvent } from '../../functions/adapters/requests/erase.ts';
import { parseFeaturizeEvent } from '../../functions/adapters/requests/featurize.ts';
import { parseReduceEvent } from '../../functions/adapters/requests/reduce.ts';
import { InvalidRequest } from '../../functions/core/errors.ts';

const BUCKET = 'verger-dev-photos';
const MEGABYTE = 'x'.repeat(1024 * 1024);
const DEEP = JSON.parse(`${'{"a":['.repeat(10_000)}${']}'.repeat(10_000)}`) as unknown;

const recorded = (name: string) =>
  JSON.parse(readFileSync(new URL(`../events/${name}.json`, import.meta.url), 'utf8'));
const created = recorded('object-created-put');
const removed = recorded('object-removed');
const batch1 = recorded('batch-operation-1.0');
const batch2 = recorded('batch-operation-2.0');
const seen = { etag: 'old', sequencer: '0A', model: 'm@1' };
const backfillBatch = { backfill: [{ key: 'a b.jpg', etag: 'e', seen }] };

/** What the functions do with an event before they do anything else. */
const READERS: Record<string, (event: unknown) => unknown> = {
  featurize: (event) => isBatchOperation(event) || parseFeaturizeEvent(event, BUCKET),
  erase: (event) => parseEraseEvent(event, BUCKET),
  backfill: parseBackfillEvent,
  reduce: parseReduceEvent,
};

async function refusal(read: (event: unknown) => unknown, event: unknown): Promise<string> {
  try {
    await read(event);
  } catch (error) {
    assert.ok(error instanceof InvalidRequest, `${error}`);
    return error.message;
  }
  return assert.fail('not refused');
}

/** A copy of a JSON value with the member at a path replaced, or taken away where there is nothing to put there. */
function changed(value: unknown, [name, ...rest]: string[], member: unknown): unknown {
  if (name === undefined) return member;
  const copy = structuredClone(value) as Record<string, unknown>;
  if (rest.length === 0 && member === undefined) delete copy[name];
  else copy[name] = changed(copy[name], rest, member);
  return copy;
}

describe('an event of another bucket is refused by name', () => {
  const expected = /^bucket "elsewhere" is not the photo bucket, "verger-dev-photos" \(PHOTO_BUCKET\)$/;

  test('of S3', async () => {
    const path = ['Records', '0', 's3', 'bucket', 'name'];
    assert.match(await refusal(READERS.featurize!, changed(created, path, 'elsewhere')), expected);
    assert.match(await refusal(READERS.erase!, changed(removed, path, 'elsewhere')), expected);
    assert.match(
      await refusal(READERS.erase!, changed(removed, path, undefined)),
      /^Records\[\]\.s3\.bucket\.name should be a string, is absent$/,
    );
    const testEvent = { ...recorded('test-event'), Bucket: 'elsewhere' };
    for (const name of ['featurize', 'erase']) {
      assert.match(await refusal(READERS[name]!, testEvent), expected);
    }
  });

  test('of S3 Batch Operations, as a task that has failed for good', async () => {
    for (const [event, name, value] of [
      [batch1, 's3BucketArn', 'arn:aws:s3:::elsewhere'],
      [batch2, 's3Bucket', 'elsewhere'],
    ]) {
      const of = (bucket: unknown) => {
        const task = changed(event, ['tasks', '0', name], bucket);
        assert.ok(isBatchOperation(task));
        return answerBatchOperation(task, BUCKET, async (requests) => {
          assert.deepEqual(requests, []);
          return [];
        });
      };
      const [result] = (await of(value)).results;
      assert.equal(result?.resultCode, 'PermanentFailure');
      assert.match(result?.resultString.replace('InvalidRequest: ', '') ?? '', expected);
      const [nameless] = (await of(undefined)).results;
      assert.equal(nameless?.resultCode, 'PermanentFailure');
      assert.match(nameless?.resultString ?? '', /tasks\[\]\.s3BucketArn should be a string, is absent/);
    }
  });
});

test('what wraps an S3 event is refused by its kind, with the way to connect the bucket', async () => {
  const body = JSON.stringify(created);
  const wrapped = {
    EventBridge: {
      version: '0',
      'detail-type': 'Object Created',
      source: 'aws.s3',
      detail: { bucket: { name: BUCKET }, object: { key: 'a.jpg', etag: 'e', sequencer: '0A' } },
    },
    SNS: { Records: [{ EventSource: 'aws:sns', EventVersion: '1.0', Sns: { Message: body } }] },
    SQS: { Records: [{ eventSource: 'aws:sqs', messageId: 'm', body }] },
  };
  for (const [sender, event] of Object.entries(wrapped)) {
    for (const name of ['featurize', 'erase']) {
      assert.equal(
        await refusal(READERS[name]!, event),
        `events through ${sender} are not read: let the bucket notify this function itself, as the s3 events of serverless.yml do`,
      );
    }
  }
});

test('an S3 Batch Operations event that cannot be answered is refused', async () => {
  const cases: [string[], unknown, RegExp][] = [
    [['tasks'], undefined, /^S3 Batch Operations event\.tasks should be a list of tasks, is absent$/],
    [['tasks'], null, /is null$/],
    [['tasks'], {}, /is \{\}$/],
    [['tasks'], [], /is \[\]$/],
    [['tasks'], [null], /^tasks\[\]\.taskId should be a string, is absent$/],
    [['tasks', '0'], 3, /^tasks\[\]\.taskId should be a string, is absent$/],
    [['tasks', '0', 's3Key'], null, /^tasks\[\]\.s3Key should be a string, is null$/],
    [['invocationId'], undefined, /^S3 Batch Operations event\.invocationId should be a string, is absent$/],
    [
      ['invocationSchemaVersion'],
      MEGABYTE,
      /^S3 Batch Operations schema "x{99}… should be "1\.0" or "2\.0"$/,
    ],
  ];
  for (const [path, value, message] of cases) {
    assert.match(await refusal(READERS.featurize!, changed(batch1, path, value)), message);
  }
});

test('what backfill says it saw is refused where it is of a wrong type', async () => {
  const cases: [string[], unknown, RegExp][] = [
    [['seen'], 'nothing', /^backfill\[\]\.seen should be an object, is "nothing"$/],
    [['seen'], null, /^backfill\[\]\.seen should be an object, is null$/],
    [['seen'], [seen], /^backfill\[\]\.seen should be an object, is \[/],
    [['seen', 'etag'], 3, /^backfill\[\]\.seen\.etag should be a string, is 3$/],
    [['seen', 'model'], {}, /^backfill\[\]\.seen\.model should be a string, is \{\}$/],
    [['seen', 'model'], null, /^backfill\[\]\.seen\.model should be a string, is null$/],
    [
      ['seen', 'sequencer'],
      'xyz',
      /^backfill\[\]\.seen\.sequencer should be 1 to 40 hexadecimal digits, is "xyz"$/,
    ],
    [['key'], '', /^object key "" has 0 bytes; S3 takes 1 to 1024 of them$/],
    [['key'], MEGABYTE, /^object key "x{99}… has 1048576 bytes; S3 takes 1 to 1024 of them$/],
    [['key'], '\ud800', /^object key "\\ud800" is not Unicode text$/],
    [['etag'], 'e\r\nx-evil: 1', /^backfill\[\]\.etag should be an ETag, is "e\\r\\nx-evil: 1"$/],
  ];
  for (const [path, value, message] of cases) {
    const event = changed(backfillBatch, ['backfill', '0', ...path], value);
    assert.match(await refusal(READERS.featurize!, event), message);
  }
  const later = changed(backfillBatch, ['backfill', '0', 'seen', 'of a later version'], 1);
  assert.deepEqual(parseFeaturizeEvent(later, BUCKET), backfillBatch.backfill);
});

test('an event nested 20,000 deep, or a megabyte long, is refused in a line', async () => {
  const events = [DEEP, [DEEP], { Records: DEEP }, { Records: [DEEP] }, { prefix: DEEP }, { csv: DEEP }];
  const long = [{ [MEGABYTE]: 1 }, { components: MEGABYTE }, { csv: MEGABYTE }, { Records: MEGABYTE }];
  for (const [name, read] of Object.entries(READERS)) {
    for (const event of [...events, ...long]) {
      const message = await refusal(read, event);
      assert.ok(message.length < 400, `${name} said ${message.length} characters`);
      assert.doesNotMatch(message, /\n/);
    }
  }
  assert.ok((await refusal(READERS.featurize!, { ...batch1, tasks: [DEEP] })).length < 400);
  const message = await refusal(READERS.reduce!, { [MEGABYTE]: 1 });
  assert.match(
    message,
    /^"x{99}… is not an option; the options are components, standardize, projection, csv, thumbnails, prefix, segments, resume$/,
  );
});

describe('whatever is sent is read or refused, in a line', () => {
  const hostile = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom<unknown>(undefined, DEEP, MEGABYTE, '__proto__', 'constructor', '%', '\0', -1),
  );
  const check = async (read: (event: unknown) => unknown, event: unknown) => {
    try {
      await read(event);
    } catch (error) {
      assert.ok(error instanceof InvalidRequest, `${error}`);
      assert.ok(error.message.length < 400);
      assert.doesNotMatch(error.message, /\n/);
    }
  };
  const { reduce: _, ...readers } = READERS;

  for (const [name, read] of Object.entries(readers)) {
    test(`by ${name}: any JSON`, async () => {
      await fc.assert(
        fc.asyncProperty(hostile, (event) => check(read, event)),
        { seed: 9, numRuns: 300 },
      );
    });

    test(`by ${name}: an event as it should be, but for one member`, async () => {
      const events = [created, removed, batch1, batch2, backfillBatch, recorded('test-event')];
      const cases = events.flatMap((event) => pathsOf(event).map((path) => ({ event, path })));
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...cases), hostile, ({ event, path }, member) =>
          check(read, changed(event, path, member)),
        ),
        { seed: 9, numRuns: 1000 },
      );
    });
  }

  test('by reduce: any JSON with an option that is not one, before the table is read', async () => {
    await fc.assert(
      fc.asyncProperty(hostile, fc.string({ minLength: 12 }), (value, name) =>
        check(READERS.reduce!, { [name]: value }),
      ),
      { seed: 9, numRuns: 300 },
    );
  });
});

function pathsOf(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return [[]];
  return [
    [],
    ...Object.entries(value).flatMap(([name, member]) => pathsOf(member).map((path) => [name, ...path])),
  ];
}
