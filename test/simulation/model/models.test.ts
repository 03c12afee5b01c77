/** The models answer as AWS does, as far as Verger asks. */
import assert from 'node:assert/strict';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { ConditionalCheckFailedException, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import dynalite from 'dynalite';
import { padSequencer } from '../../../functions/core/ordering.ts';
import { createTable } from '../../../local/stack/dynamodb-server.ts';
import { seeded } from '../random.ts';
import { VirtualTime } from '../virtual-time.ts';
import { Bucket, type Change } from './bucket.ts';
import { holds, type Item } from './condition.ts';
import type { Command, Invocation } from './invocation.ts';
import { answerS3 } from './s3.ts';
import { s3Event, sequencer } from './s3-event.ts';
import { Table } from './table.ts';

describe('conditions', () => {
  const items: Item[] = [
    {},
    { s: { S: 'b' } },
    { s: { S: 'B' }, n: { N: '10' } },
    { n: { N: '9' }, t: { BOOL: true } },
  ];
  const conditions: [string, Item][] = [
    ['attribute_exists(s)', {}],
    ['attribute_not_exists(s) OR s < :b', { ':b': { S: 'b' } }],
    ['attribute_exists(photo) AND s = :b AND attribute_not_exists(n)', { ':b': { S: 'b' } }],
    ['NOT s = :b AND (n > :n OR t = :t)', { ':b': { S: 'b' }, ':n': { N: '9.5' }, ':t': { BOOL: true } }],
    ['s <> :b OR n <= :n AND attribute_not_exists(t)', { ':b': { S: 'b' }, ':n': { N: '10' } }],
    ['n < :s', { ':s': { S: '11' } }],
    ['begins_with(s, :b)', { ':b': { S: 'b' } }],
  ];
  let server: Server;
  let client: DynamoDBClient;

  before(async () => {
    server = dynalite({ createTableMs: 0 });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    client = new DynamoDBClient({
      endpoint: `http://127.0.0.1:${port}`,
      region: 'eu-west-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    });
    await createTable(client, {
      TableName: 'table',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'photo', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'photo', KeyType: 'HASH' }],
    });
  });

  after(() => {
    client.destroy();
    server.close();
  });

  test('hold for the items for which they hold in another DynamoDB', async () => {
    for (const [index, item] of items.entries()) {
      const stored = { photo: { S: `p${index}` }, ...item };
      for (const [condition, values] of conditions) {
        await client.send(new PutItemCommand({ TableName: 'table', Item: stored }));
        const isWritten = await client
          .send(
            new PutItemCommand({
              TableName: 'table',
              Item: stored,
              ConditionExpression: condition,
              ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
            }),
          )
          .then(() => true)
          .catch((error) => {
            if (error instanceof ConditionalCheckFailedException) return false;
            throw error;
          });
        assert.equal(
          holds(condition, stored, { values }),
          isWritten,
          `${condition} of ${JSON.stringify(stored)}`,
        );
      }
    }
  });

  test('that DynamoDB would not take are errors', () => {
    const wrong: [string, Item][] = [
      ['', {}],
      ['s = :b', {}],
      ['s = :b', { ':b': { S: 'b' }, ':c': { S: 'c' } }],
      ['s = :b AND', { ':b': { S: 'b' } }],
      ['(s = :b', { ':b': { S: 'b' } }],
      ['s = :b s', { ':b': { S: 'b' } }],
      ['size(s) > :b', { ':b': { N: '1' } }],
    ];
    for (const [condition, values] of wrong) {
      assert.throws(() => holds(condition, {}, { values }), { name: 'ValidationException' }, condition);
    }
  });
});

describe('a table', () => {
  const item = (key: string, more: Item = {}): Item => ({ photo: { S: key }, ...more });

  test('shows for a second what was there before, unless asked to be consistent', async () => {
    const time = new VirtualTime(0);
    const table = new Table(time, 'photo', 'expiresAt', () => 0);
    table.put({ item: item('a', { n: { N: '1' } }) });
    await time.pass(5_000);
    table.put({ item: item('a', { n: { N: '2' } }) });
    assert.equal(table.get('a', () => true)?.n?.N, '1');
    assert.equal(table.get('a', () => false)?.n?.N, '2');
    await time.pass(1_001);
    assert.equal(table.get('a', () => true)?.n?.N, '2');
  });

  test('drops an item late after its expiry, and not one that was replaced meanwhile', async () => {
    const time = new VirtualTime(0);
    const table = new Table(time, 'photo', 'expiresAt', () => 3600_000);
    table.put({ item: item('a', { expiresAt: { N: '10' } }) });
    table.put({ item: item('b', { expiresAt: { N: '10' } }) });
    await time.pass(3600_000);
    table.put({ item: item('b') });
    assert.equal(table.items.size, 2);
    await time.pass(10_001);
    assert.deepEqual([...table.items.keys()], ['b']);
  });

  test('is scanned in segments and pages that meet every item once', () => {
    const table = new Table(new VirtualTime(0), 'photo', 'expiresAt', () => 0);
    const keys = Array.from({ length: 50 }, (_, index) => `p${index}`);
    for (const key of keys) table.put({ item: item(key) });
    const found: string[] = [];
    for (let segment = 0; segment < 3; segment++) {
      let after: string | undefined;
      do {
        const page = table.scan({ segment, segments: 3, after, limit: 7, isStale: () => false });
        found.push(...page.items.map(({ photo }) => photo?.S ?? ''));
        after = page.next;
      } while (after !== undefined);
    }
    assert.deepEqual(found.sort(), keys.sort());
  });
});

describe('a bucket', () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const made = (versioning: 'versioned' | 'unversioned') => {
    const told: Change[] = [];
    const bucket = new Bucket(
      versioning,
      () => 1999,
      (change) => told.push(change),
    );
    const holding = () => bucket.current('k')?.body.toString();
    return { bucket, told, holding, names: () => told.map(({ name }) => name) };
  };

  test('without versions forgets what is deleted or replaced', () => {
    const { bucket, told, holding, names } = made('unversioned');
    bucket.put('k', bytes('1'));
    bucket.put('k', bytes('2'), 'Copy');
    assert.equal(holding(), bytes('2').toString());
    assert.equal(bucket.current('k')?.lastModified, 1000);
    bucket.delete('k');
    bucket.delete('k', 'LifecycleExpiration');
    assert.equal(holding(), undefined);
    assert.deepEqual(names(), ['ObjectCreated:Put', 'ObjectCreated:Copy', 'ObjectRemoved:Delete']);
    assert.ok(told.every(({ versionId }) => versionId === undefined));
  });

  test('with versions hides what is deleted under a marker, and shows it again without', () => {
    const { bucket, told, holding, names } = made('versioned');
    bucket.put('k', bytes('1'));
    bucket.put('k', bytes('2'));
    bucket.delete('k');
    assert.equal(holding(), undefined);
    bucket.deleteVersion('k', bucket.versions('k')[0]?.id ?? '');
    assert.equal(holding(), bytes('2').toString());
    assert.ok(bucket.uncovered.has('k'));
    bucket.deleteVersion('k', bucket.versions('k')[0]?.id ?? '', 'LifecycleExpiration');
    assert.equal(holding(), bytes('1').toString());
    bucket.delete('k', 'LifecycleExpiration');
    assert.deepEqual(names(), [
      'ObjectCreated:Put',
      'ObjectCreated:Put',
      'ObjectRemoved:DeleteMarkerCreated',
      'ObjectRemoved:Delete',
      'LifecycleExpiration:Delete',
      'LifecycleExpiration:DeleteMarkerCreated',
    ]);
    assert.deepEqual(new Set(told.map(({ versionId }) => versionId)), new Set(['v1', 'v2', 'v3', 'v4']));
  });

  test('answers S3 commands with the errors of S3', () => {
    const { bucket } = made('unversioned');
    const { etag } = bucket.put('k', bytes('1'));
    const options = { buckets: { b: bucket }, pageKeys: 1, isConflict: () => false };
    const ask = (command: Command) => answerS3(options, command, undefined as unknown as Invocation);
    const status = (name: string, httpStatusCode: number) => (error: unknown) => {
      const { name: is, $metadata } = error as { name: string; $metadata: { httpStatusCode: number } };
      assert.deepEqual([is, $metadata.httpStatusCode], [name, httpStatusCode]);
      return true;
    };
    const at = { Bucket: 'b', Key: 'k' };
    assert.throws(() => ask(new GetObjectCommand({ Bucket: 'c', Key: 'k' })), status('NoSuchBucket', 404));
    assert.throws(() => ask(new GetObjectCommand({ Bucket: 'b', Key: 'l' })), status('NoSuchKey', 404));
    assert.throws(() => ask(new HeadObjectCommand({ Bucket: 'c', Key: 'k' })), status('NotFound', 404));
    assert.throws(() => ask(new HeadObjectCommand({ Bucket: 'b', Key: 'l' })), status('NotFound', 404));
    assert.throws(
      () => ask(new GetObjectCommand({ ...at, IfMatch: '"x"' })),
      status('PreconditionFailed', 412),
    );
    assert.throws(
      () => ask(new PutObjectCommand({ ...at, Body: '2', IfNoneMatch: '*' })),
      status('PreconditionFailed', 412),
    );
    assert.ok(ask(new GetObjectCommand({ ...at, IfMatch: `"${etag}"` })));
    ask(new PutObjectCommand({ ...at, Body: '2', IfMatch: `"${etag}"` }));
    bucket.put('l', bytes('3'));
    const page = ask(new ListObjectsV2Command({ Bucket: 'b' })) as { NextContinuationToken?: string };
    assert.equal(page.NextContinuationToken, 'k');
    bucket.hide('k', 'archived');
    assert.throws(() => ask(new GetObjectCommand(at)), status('InvalidObjectState', 403));
  });

  test('gives sequencers of differing lengths that are in order once padded on the right', () => {
    const random = seeded('sequencers');
    const all = Array.from({ length: 200 }, (_, count) => sequencer(count + 1, random));
    assert.ok(new Set(all.map(({ length }) => length)).size > 3);
    assert.deepEqual(all.map(padSequencer).sort(), all.map(padSequencer));
    assert.notDeepEqual(
      [...all].sort((a, b) => (a.padStart(40, '0') < b.padStart(40, '0') ? -1 : 1)),
      all,
    );
  });

  test('sends events with keys encoded, and no ETag for what is gone', () => {
    const event = s3Event('b', { name: 'ObjectRemoved:Delete', key: 'a b/é+.jpg', versionId: 'v1' }, '0A', 0);
    const { Records: records } = event as { Records: { eventName: string; s3: { object: object } }[] };
    assert.equal(records[0]?.eventName, 'ObjectRemoved:Delete');
    assert.deepEqual(records[0]?.s3.object, { key: 'a+b/%C3%A9%2B.jpg', versionId: 'v1', sequencer: '0A' });
  });
});
