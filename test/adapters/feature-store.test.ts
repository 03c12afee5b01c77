/** The table's rules, held against the real store over a DynamoDB API and against the one in memory. */
import assert from 'node:assert/strict';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, describe, test } from 'node:test';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { createFeatureStore, lookRequest, scanParameters } from '../../functions/adapters/dynamodb.ts';
import { fromItem, toItem } from '../../functions/adapters/feature-item.ts';
import { ContractBroken } from '../../functions/core/errors.ts';
import { SEEN } from '../../functions/core/ordering.ts';
import type { FeatureItem, FeatureStore, FeaturizedItem } from '../../functions/core/ports.ts';
import { createTable } from '../../local/stack/dynamodb-server.ts';
import { MemoryFeatures } from '../memory.ts';

let table = 'none yet';
let tables = 0;
const featurized = (key: string, etag = 'e1'): FeaturizedItem => ({
  kind: 'featurized',
  key,
  etag,
  label: 'Kiwi',
  model: 'm@000000000000',
  features: Float32Array.of(0, 1.5, -2.25, 3.4028234663852886e38),
  width: 100,
  height: 80,
  bytes: 1234,
  featurizedAt: '2026-01-02T03:04:05.678Z',
});
const refused = (key: string): FeatureItem => ({
  kind: 'refused',
  key,
  etag: 'e1',
  model: 'm@000000000000',
  refused: 'corrupt',
  detail: 'it ends too early',
  featurizedAt: '2026-01-02T03:04:05.678Z',
});
const erased = (key: string): FeatureItem => ({ kind: 'erased', key, expiresAt: 1_770_000_000 });

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
});

after(() => {
  client.destroy();
  server.close();
});

for (const kind of ['DynamoDB', 'memory'] as const) {
  describe(`the features table in ${kind}`, () => {
    let store: FeatureStore;

    beforeEach(async () => {
      store = kind === 'memory' ? new MemoryFeatures() : await freshTable();
    });

    const scanned = async (segments = 1, prefix?: string): Promise<FeatureItem[]> => {
      const found: FeatureItem[] = [];
      for (let segment = 0; segment < segments; segment++) {
        for await (const page of store.scan(segment, segments, prefix)) found.push(...page);
      }
      return found.sort((a, b) => (a.key < b.key ? -1 : 1));
    };

    test('gives back items of every kind as they were written', async () => {
      const items = [featurized('a'), refused('b'), erased('c')];
      for (const item of items) await store.put({ ...item, sequencer: 'AB' });
      assert.deepEqual(
        await scanned(),
        items.map((item) => ({ ...item, sequencer: 'AB'.padEnd(40, '0') })),
      );
    });

    test('lets only a newer event replace what is stored', async () => {
      assert.equal(await store.put({ ...featurized('a', 'e2'), sequencer: '02' }), true);
      assert.equal(await store.put({ ...featurized('a', 'e2'), sequencer: '02' }), false);
      assert.equal(await store.put({ ...featurized('a', 'e1'), sequencer: '01FF' }), false);
      assert.equal(await store.put({ ...erased('a'), sequencer: '0200' }), false);
      assert.equal(await store.put({ ...erased('a'), sequencer: '0201' }), true);
      assert.equal((await scanned())[0]?.kind, 'erased');
    });

    test('lets any event replace what backfill stored without a sequencer', async () => {
      assert.equal(await store.putIfUnchanged(featurized('a', 'e1'), undefined), true);
      assert.equal(await store.put({ ...featurized('a', 'e2'), sequencer: '01' }), true);
      assert.equal((await store.look(['a'])).get('a')?.etag, 'e2');
    });

    test('lets backfill write only over what it saw', async () => {
      assert.equal(await store.putIfUnchanged(featurized('a', 'e1'), undefined), true);
      assert.equal(await store.putIfUnchanged(featurized('a', 'e1'), undefined), false);

      const seen = (await store.look(['a'])).get('a');
      assert.deepEqual(seen, { etag: 'e1', model: 'm@000000000000' });
      await store.put({ ...featurized('a', 'e2'), sequencer: '01' });
      assert.equal(await store.putIfUnchanged(featurized('a', 'e3'), seen), false);

      const now = (await store.look(['a'])).get('a');
      assert.equal(await store.putIfUnchanged({ ...featurized('a', 'e3'), sequencer: '01' }, now), true);
      assert.equal(await store.putIfUnchanged(featurized('b'), { etag: 'e1' }), false);
    });

    test('lets backfill replace a refusal only while it is one', async () => {
      assert.equal(await store.putIfUnchanged(refused('a'), undefined), true);
      const seen = (await store.look(['a'])).get('a');
      assert.deepEqual(seen, { etag: 'e1', model: 'm@000000000000', refused: 'corrupt' });
      assert.equal(await store.putIfUnchanged(featurized('a', 'e1'), seen), true);
      assert.equal(await store.putIfUnchanged(refused('a'), seen), false);
    });

    test('lets backfill replace a tombstone only while it is the one it saw', async () => {
      await store.put({ ...erased('a'), sequencer: '01' });
      const seen = (await store.look(['a'])).get('a');
      assert.deepEqual(seen, { sequencer: '01'.padEnd(40, '0') });
      await store.put({ ...erased('a'), sequencer: '02' });
      assert.equal(await store.putIfUnchanged(featurized('a'), seen), false);
      const now = (await store.look(['a'])).get('a');
      assert.equal(await store.putIfUnchanged(featurized('a'), now), true);
    });

    test('looks up more photos than one request takes and leaves unknown ones out', async () => {
      const photos = Array.from({ length: 250 }, (_, index) => `p/${index}`);
      for (const key of photos.slice(0, 220)) await store.putIfUnchanged(refused(key), undefined);
      const seen = await store.look(photos);
      assert.equal(seen.size, 220);
      assert.deepEqual(seen.get('p/219'), { etag: 'e1', model: 'm@000000000000', refused: 'corrupt' });
      assert.equal(seen.has('p/220'), false);
    });

    test('scans every item exactly once over any number of segments, past the size of a page', async () => {
      const photos = Array.from({ length: 300 }, (_, index) => `p/${String(index).padStart(3, '0')}`);
      for (const key of photos) {
        await store.putIfUnchanged({ ...featurized(key), features: new Float32Array(1280) }, undefined);
      }
      for (const segments of [1, 4]) {
        assert.deepEqual(
          (await scanned(segments)).map(({ key }) => key),
          photos,
        );
        assert.deepEqual(
          (await scanned(segments, 'p/29')).map(({ key }) => key),
          photos.slice(290),
        );
      }
    });
  });
}

test('features are stored as little-endian float32, four bytes each', async () => {
  const store = await freshTable();
  await store.putIfUnchanged(featurized('a'), undefined);
  const { Item } = await client.send(new GetItemCommand({ TableName: table, Key: { photo: { S: 'a' } } }));
  assert.equal(Buffer.from(Item?.features?.B ?? []).toString('hex'), '000000000000c03f000010c0ffff7f7f');
  assert.deepEqual(Object.keys(Item ?? {}).sort(), [
    'bytes',
    'etag',
    'features',
    'featurizedAt',
    'height',
    'label',
    'model',
    'photo',
    'width',
  ]);
});

test('whatever is read is read as it is, not as it was a moment before', () => {
  assert.deepEqual(scanParameters('table', 1, 8, { photo: { S: 'a' } }), {
    TableName: 'table',
    ConsistentRead: true,
    Segment: 1,
    TotalSegments: 8,
    ExclusiveStartKey: { photo: { S: 'a' } },
  });
  assert.deepEqual(scanParameters('table', 1, 8, undefined, 'phone/'), {
    TableName: 'table',
    ConsistentRead: true,
    Segment: 1,
    TotalSegments: 8,
    ExclusiveStartKey: undefined,
    FilterExpression: 'begins_with(photo, :prefix)',
    ExpressionAttributeValues: { ':prefix': { S: 'phone/' } },
  });
  assert.deepEqual(lookRequest('table', ['a', 'b']), {
    table: {
      ConsistentRead: true,
      Keys: [{ photo: { S: 'a' } }, { photo: { S: 'b' } }],
      ProjectionExpression: `photo, ${SEEN.join(', ')}`,
    },
  });
});

test('an item that breaks its contract is refused by name', () => {
  const item = toItem(featurized('a'));
  const { model, ...withoutModel } = item;
  assert.ok(model);
  assert.throws(
    () => fromItem(withoutModel),
    (error) =>
      error instanceof ContractBroken && /item "a": attribute model should be a string/.test(error.message),
  );
  assert.throws(() => fromItem({ ...item, features: { B: new Uint8Array(5) } }), /multiple of 4 bytes, is 5/);
  assert.throws(() => fromItem({ ...item, width: { N: '1.5' } }), /attribute width should be a whole number/);
});

async function freshTable(): Promise<FeatureStore> {
  table = `features-${++tables}`;
  await createTable(client, {
    TableName: table,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: 'photo', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'photo', KeyType: 'HASH' }],
  });
  return createFeatureStore(client, table);
}
