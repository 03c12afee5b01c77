/** What the core reports of each event: metrics, alarms and the lines of `npm run dev` are made of these. */
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { type BackfillCommand, backfill } from '../../functions/core/backfill.ts';
import { featurizePhotos } from '../../functions/core/featurize-batch.ts';
import { MemoryQueue, MemoryRuns, meanColourSession } from '../memory.ts';
import { emptyStores, KEY, RED } from './featurize-fixture.ts';

let { photos, features, log, clock, ports, created, removed } = emptyStores();

beforeEach(() => {
  ({ photos, features, log, clock, ports, created, removed } = emptyStores());
});

test('a photo is reported with its status and the time of each step', async () => {
  await created(photos.put(KEY, RED), '0A');
  const milliseconds = { read: 0, decode: 0, inference: 0, store: 0 };
  assert.deepEqual(log.entries, [
    { level: 'INFO', event: 'photo', key: KEY, status: 'featurized', milliseconds },
  ]);
});

test('a refused photo is reported with the reason and its detail', async () => {
  await created(photos.put(KEY, Buffer.of()), '0A');
  const milliseconds = { read: 0, decode: 0, store: 0 };
  const [reason, detail] = ['empty', 'The photo is empty: it has 0 bytes.'];
  assert.deepEqual(log.entries, [
    { level: 'INFO', event: 'photo', key: KEY, status: 'refused', reason, detail, milliseconds },
  ]);
});

test('an erasure is reported with what became of it', async () => {
  await removed('0B');
  await removed('0A');
  assert.deepEqual(log.entries, [
    { level: 'INFO', event: 'erasure', key: KEY, status: 'erased' },
    { level: 'INFO', event: 'erasure', key: KEY, status: 'stale' },
  ]);
});

test('photos without time are reported as handed on, and no empty request is sent', async () => {
  const requests = ['1', '2', '3'].map((key) => ({ key, etag: photos.put(key, RED) }));
  const sent: string[][] = [];
  ports.queue.featurize = async (photos) => void sent.push(photos.map(({ key }) => key));
  ports.deadline = { left: () => 0, at: () => () => {} };
  const outcomes = await featurizePhotos(ports, requests.slice(0, 2));
  assert.deepEqual(
    outcomes.map(({ key, status }) => [key, status]),
    [['1', 'featurized']],
  );
  assert.deepEqual(sent, [['2']]);
  assert.deepEqual(log.entries.at(-1), { level: 'INFO', event: 'handed-on', together: 1, alone: 0 });
});

test('a failure is reported with the photo and the error', async () => {
  ports.features.put = () => Promise.reject(new Error('the table is away'));
  const photo = { key: KEY, etag: photos.put(KEY, RED), sequencer: '0A' };
  await assert.rejects(featurizePhotos(ports, [photo]), /the table is away/);
  assert.deepEqual(log.entries, [
    { level: 'WARN', event: 'failure', key: KEY, error: 'Error: the table is away' },
  ]);
});

test('backfill is running from its beginning, and reports its whole progress after each page', async () => {
  photos.put(KEY, RED);
  const runs = new MemoryRuns();
  const states: string[] = [];
  const save = runs.save.bind(runs);
  runs.save = async (run) => {
    states.push(run.state);
    await save(run);
  };
  const others = { model: meanColourSession.model, outOfTime: () => false, id: () => 'abc' };
  const command: BackfillCommand = { prefix: '' };
  const run = await backfill(
    { photos, features, log, clock, runs, queue: new MemoryQueue(), scope: ports.scope, ...others },
    command,
  );
  assert.deepEqual(states, ['running', 'running', 'done']);
  const reported = log.entries.filter(({ event }) => event === 'backfill');
  assert.deepEqual(reported.at(-1), { level: 'INFO', event: 'backfill', ...run });
  assert.equal(reported.length, 2);
});
