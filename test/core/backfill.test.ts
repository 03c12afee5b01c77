import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { type BackfillCommand, backfill } from '../../functions/core/backfill.ts';
import { featurizePhoto } from '../../functions/core/featurize.ts';
import { featurizePhotos } from '../../functions/core/featurize-batch.ts';
import { MemoryQueue, MemoryRuns, meanColourSession } from '../memory.ts';
import { emptyStores, GREEN, KEY, RED } from './featurize-fixture.ts';

let { photos, features, log, clock, ports, removed, colourOf } = emptyStores();
let queue: MemoryQueue;
let runs: MemoryRuns;

beforeEach(() => {
  ({ photos, features, log, clock, ports, removed, colourOf } = emptyStores());
  queue = new MemoryQueue();
  runs = new MemoryRuns();
});

describe('backfill', () => {
  const begin = (command: BackfillCommand = { prefix: 'fruits/' }, outOfTime = () => false) =>
    backfill(
      {
        photos,
        features,
        queue,
        runs,
        scope: ports.scope,
        model: meanColourSession.model,
        outOfTime,
        clock,
        id: () => 'abc',
        log,
      },
      command,
    );
  const run = async () => {
    queue = new MemoryQueue();
    const { listed, sent, unreadable, skipped } = await begin();
    return { result: { listed, sent, unreadable, skipped }, sent: queue.sent };
  };

  test('sends what is not stored, skips what is, and can be run again', async () => {
    for (const name of ['1', '2', '3', '4']) photos.put(`fruits/A/${name}.png`, RED);
    photos.put('elsewhere/5.png', RED);
    photos.put('fruits/A/', Buffer.of());

    const first = await run();
    assert.deepEqual(first.result, { listed: 4, sent: 4, unreadable: 0, skipped: 0 });
    await featurizePhotos(ports, first.sent);
    assert.deepEqual(colourOf('fruits/A/4.png'), [255, 0, 0]);
    assert.equal(features.items.get('fruits/A/4.png')?.sequencer, undefined);
    assert.deepEqual((await run()).result, { listed: 4, sent: 0, unreadable: 0, skipped: 4 });
  });

  test('sends again what was stored for another version or by another model', async () => {
    photos.put('fruits/1.png', RED);
    photos.put('fruits/2.png', RED);
    await featurizePhotos(ports, (await run()).sent);
    photos.put('fruits/1.png', GREEN);
    const second = features.items.get('fruits/2.png');
    assert.ok(second?.kind === 'featurized');
    second.model = 'older@111111111111';

    const { sent } = await run();
    assert.deepEqual(
      sent.map(({ key }) => key),
      ['fruits/1.png', 'fruits/2.png'],
    );
    await featurizePhotos(ports, sent);
    assert.deepEqual(colourOf('fruits/1.png'), [0, 255, 0]);
    assert.deepEqual((await run()).result, { listed: 2, sent: 0, unreadable: 0, skipped: 2 });
  });

  test('tries what could not be read again each time, and tells it from what is new', async () => {
    for (const name of ['1', '2', '3']) photos.put(`fruits/${name}.png`, RED);
    photos.unreadable.add('fruits/2.png');
    const first = await run();
    assert.deepEqual(first.result, { listed: 3, sent: 3, unreadable: 0, skipped: 0 });
    await featurizePhotos(ports, first.sent);

    const second = await run();
    assert.deepEqual(second.result, { listed: 3, sent: 0, unreadable: 1, skipped: 2 });
    await featurizePhotos(ports, second.sent);
    assert.deepEqual((await run()).result, second.result);

    photos.unreadable.clear();
    await featurizePhotos(ports, (await run()).sent);
    assert.deepEqual(colourOf('fruits/2.png'), [255, 0, 0]);
    assert.deepEqual((await run()).result, { listed: 3, sent: 0, unreadable: 0, skipped: 3 });
  });

  test('does not write over an event that came after it looked', async () => {
    photos.put(KEY, RED);
    const { sent } = await run();
    await removed('0A');
    const [outcome] = await featurizePhotos(ports, sent);
    assert.equal(outcome?.status, 'stale');
    assert.equal(features.items.get(KEY)?.kind, 'erased');
  });

  describe('where only some objects are photos', () => {
    beforeEach(() => {
      ports.scope = { prefix: 'fruits/', suffix: '.png' };
      for (const key of ['fruits/1.png', 'fruits/2.png', 'fruits/2.png.txt', 'fruits/3.PNG', 'veg/4.png']) {
        photos.put(key, RED);
      }
    });

    test('lists those alone when asked for every photo, and reaches the end', async () => {
      const first = await begin({ prefix: '' });
      assert.deepEqual(
        { prefix: first.prefix, listed: first.listed, sent: first.sent },
        { prefix: 'fruits/', listed: 2, sent: 2 },
      );
      assert.deepEqual(
        queue.sent.map(({ key }) => key),
        ['fruits/1.png', 'fruits/2.png'],
      );
      await featurizePhotos(ports, queue.sent);
      const { listed, sent, skipped } = await begin({ prefix: '' });
      assert.deepEqual({ listed, sent, skipped }, { listed: 2, sent: 0, skipped: 2 });
    });

    test('lists below a prefix that lies within, and as much as does of a wider one', async () => {
      for (const [asked, prefix, listed] of [
        ['fruits/2', 'fruits/2', 1],
        ['fr', 'fruits/', 2],
      ] as const) {
        const run = await begin({ prefix: asked });
        assert.deepEqual({ prefix: run.prefix, listed: run.listed }, { prefix, listed });
      }
    });

    test('refuses a prefix outside, and keeps no run', async () => {
      for (const prefix of ['veg/', 'fruitz', 'Fruits/']) {
        await assert.rejects(begin({ prefix }), {
          code: 'INVALID_REQUEST',
          message: `prefix "${prefix}" lies outside of "fruits/" (photoPrefix), the only place where photos are featurized`,
        });
      }
      assert.equal(runs.runs.size, 0);
    });

    test('a run begun before the scope was narrowed goes on within it', async () => {
      ports.scope = { prefix: '', suffix: '' };
      const { run } = await begin({ prefix: '' }, () => true);
      ports.scope = { prefix: 'veg/', suffix: '' };
      queue = new MemoryQueue();
      const listed: string[] = [];
      const list = photos.list.bind(photos);
      photos.list = (prefix, startAfter) => {
        listed.push(prefix);
        return list(prefix, startAfter);
      };
      await begin({ resume: run });
      assert.deepEqual(listed, ['veg/']);
      assert.deepEqual(
        queue.sent.map(({ key }) => key),
        ['veg/4.png'],
      );
    });

    test('S3 Batch Operations may name others, which are skipped unread', async () => {
      ports.photos.head = () => assert.fail('it was asked for');
      for (const key of ['veg/4.png', 'fruits/3.PNG', 'fruits/']) {
        assert.equal((await featurizePhoto(ports, { key, version: 'current' })).status, 'skipped');
      }
    });
  });

  describe('over more photos than one invocation has time for', () => {
    beforeEach(() => {
      for (const name of ['1', '2', '3', '4', '5']) photos.put(`fruits/${name}.png`, RED);
    });

    test('stops after a page, asks to be resumed, and goes on from there', async () => {
      const first = await begin({ prefix: 'fruits/' }, () => true);
      assert.deepEqual(first, {
        run: '20260102T030405Z-abc',
        prefix: 'fruits/',
        state: 'running',
        listed: 3,
        sent: 3,
        unreadable: 0,
        skipped: 0,
        lastPhoto: 'fruits/3.png',
        startedAt: '2026-01-02T03:04:05.000Z',
        updatedAt: '2026-01-02T03:04:05.000Z',
      });
      assert.deepEqual(queue.resumed, [first.run]);

      clock.time += 1000;
      const second = await begin({ resume: first.run });
      assert.deepEqual(second, {
        ...first,
        state: 'done',
        listed: 5,
        sent: 5,
        lastPhoto: 'fruits/5.png',
        updatedAt: '2026-01-02T03:04:06.000Z',
      });
      assert.deepEqual(
        queue.sent.map(({ key }) => key),
        ['1', '2', '3', '4', '5'].map((name) => `fruits/${name}.png`),
      );
      assert.deepEqual(await begin({ status: first.run }), second);
    });

    test('stops for good when asked to, without sending more', async () => {
      const { run } = await begin({ prefix: 'fruits/' }, () => true);
      await begin({ stop: run });
      assert.equal((await begin({ resume: run })).state, 'stopped');
      assert.equal(queue.sent.length, 3);
      assert.equal((await begin({ status: run })).state, 'stopped');
    });

    test('refuses a run it does not know', async () => {
      for (const command of [{ resume: 'x' }, { stop: 'x' }, { status: 'x' }]) {
        await assert.rejects(begin(command), /there is no backfill run "x"/);
      }
    });

    test('looks up no name that cannot be a run, such as one that leads elsewhere', async () => {
      runs.load = () => Promise.reject(new Error('was looked up'));
      for (const status of ['../latest', 'run.json', 'r'.repeat(65), '']) {
        await assert.rejects(begin({ status }), /there is no backfill run/);
      }
    });
  });
});
