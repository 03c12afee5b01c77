import assert from 'node:assert/strict';
import fs, { appendFileSync, readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { type AsyncQueue, type AsyncQueueOptions, createAsyncQueue } from '../../local/stack/async-queue.ts';
import { makeFolder } from './folder.ts';

function makeQueue(options: Partial<AsyncQueueOptions>) {
  const data = options.data ?? makeFolder();
  const queue = createAsyncQueue({
    concurrency: 2,
    retryDelays: () => [5, 10],
    invoke: async () => {},
    ...options,
    data,
  });
  return { queue, data, journal: join(data, 'events.jsonl') };
}

async function untilIdle(queue: AsyncQueue): Promise<void> {
  for (;;) {
    const { waiting, running, retrying } = queue.state();
    if (waiting + running + retrying === 0) return;
    await setTimeout(1);
  }
}

function lines(path: string): Record<string, unknown>[] {
  const text = readFileSync(path, 'utf8').trimEnd();
  return text === '' ? [] : text.split('\n').map((line) => JSON.parse(line));
}

/** Of which numbers the journal says that they are finished. */
function finished(journal: string): unknown[] {
  return lines(journal).flatMap((line) => ('finished' in line ? [line.finished] : []));
}

/** Numbers of the events that an invocation was given. */
function numberOf(payload: string): number {
  return JSON.parse(payload).n;
}

test('invocations start in the order in which they were pushed, and each is settled once', async () => {
  const started: number[] = [];
  const { queue, journal } = makeQueue({
    concurrency: 1,
    invoke: async (_, payload) => started.push(numberOf(payload)),
  });
  const numbers = Array.from({ length: 2500 }, (_, n) => n + 1);
  for (const n of numbers) queue.enqueue('featurize', { n });
  await untilIdle(queue);
  assert.deepEqual(started, numbers);
  assert.deepEqual(finished(journal), numbers);
  assert.equal(queue.state().succeeded, 2500);
});

test('no more than the cap run at once, and as many as the cap do', async () => {
  let running = 0;
  let most = 0;
  const { queue } = makeQueue({
    concurrency: 3,
    invoke: async () => {
      most = Math.max(most, ++running);
      await setTimeout(1);
      running--;
    },
  });
  for (let n = 0; n < 20; n++) queue.enqueue('featurize', { n });
  await untilIdle(queue);
  assert.equal(most, 3);
});

test('photos that are refused are counted', async () => {
  const { queue } = makeQueue({
    invoke: async () => [{ status: 'refused' }, { status: 'featurized' }, { status: 'refused' }],
  });
  for (let n = 0; n < 3; n++) queue.enqueue('featurize', { n });
  await untilIdle(queue);
  assert.equal(queue.state().refused, 6);
});

test('what fails is tried again after each delay, and succeeds if a later attempt does', async () => {
  const attempts: number[] = [];
  const { queue, journal } = makeQueue({
    retryDelays: () => [20, 60],
    invoke: async () => {
      if (attempts.push(performance.now()) < 3) throw new Error('store is away');
    },
  });
  queue.enqueue('featurize', {});
  await untilIdle(queue);
  assert.equal(attempts.length, 3);
  // A timer may be a millisecond early.
  assert.ok(attempts[1]! - attempts[0]! >= 19 && attempts[2]! - attempts[1]! >= 59, attempts.join());
  const { succeeded, failed } = queue.state();
  assert.deepEqual([succeeded, failed], [1, 0]);
  assert.deepEqual(finished(journal), [1]);
});

test('what fails after all its retries goes to the failed list, with its event, and is settled', async () => {
  const { queue, data, journal } = makeQueue({
    invoke: async () => {
      throw new Error('broken');
    },
  });
  queue.enqueue('featurize', { n: 7 });
  await untilIdle(queue);
  const failed = { id: 1, functionKey: 'featurize', error: 'broken', attempts: 3 };
  assert.deepEqual(queue.state().failures, [failed]);
  const [{ at, ...kept } = {}] = lines(join(data, 'failed.jsonl'));
  assert.deepEqual(kept, { ...failed, event: { n: 7 } });
  assert.ok(Math.abs(Date.parse(String(at)) - Date.now()) < 60_000, String(at));
  assert.deepEqual(finished(journal), [1]);
  assert.equal(queue.state().failed, 1);
});

test('a waiting retry holds no place: others run meanwhile', async () => {
  const done: number[] = [];
  let isFirst = true;
  const { queue } = makeQueue({
    concurrency: 1,
    invoke: async (_, payload) => {
      const n = numberOf(payload);
      if (n === 1 && isFirst) {
        isFirst = false;
        throw new Error('once');
      }
      done.push(n);
    },
  });
  for (const n of [1, 2, 3]) queue.enqueue('featurize', { n });
  await untilIdle(queue);
  assert.deepEqual(done, [2, 3, 1]);
});

test('after a stop nothing more starts, neither what waits nor a retry', async () => {
  const started: number[] = [];
  const { queue } = makeQueue({
    concurrency: 1,
    invoke: async (_, payload) => {
      started.push(numberOf(payload));
      throw new Error('fails');
    },
  });
  queue.enqueue('featurize', { n: 1 });
  queue.enqueue('featurize', { n: 2 });
  queue.stop();
  await setTimeout(30);
  assert.deepEqual(started, [1]);
});

/** A queue that never comes to the end of anything; what it was given stays in its journal. */
function fillQueue(data: string, keys: string[]): void {
  const { queue } = makeQueue({ data, invoke: () => new Promise(() => {}) });
  for (const key of keys) queue.enqueue('featurize', { key });
}

/** The keys that a queue over the same folder is left with, and runs. */
async function resume(data: string): Promise<unknown[]> {
  const keys: unknown[] = [];
  const { queue } = makeQueue({ data, invoke: async (_, payload) => keys.push(JSON.parse(payload).key) });
  queue.resume();
  await untilIdle(queue);
  return keys;
}

test('what was accepted and not finished is run in order after a restart, under its number, and not again', async () => {
  const data = makeFolder();
  fillQueue(data, ['a', 'b', 'c']);
  appendFileSync(join(data, 'events.jsonl'), '{"finished":2}\n');
  const { queue, journal } = makeQueue({ data, invoke: () => new Promise(() => {}) });
  queue.enqueue('erase', {});
  assert.deepEqual(
    lines(journal).map(({ id }) => id),
    [1, 3, 4],
  );
  assert.deepEqual(await resume(data), ['a', 'c', undefined]);
  assert.deepEqual(await resume(data), []);
});

test('a line that a kill cut off is passed over, and spoils none after it', async () => {
  const data = makeFolder();
  fillQueue(data, ['a']);
  appendFileSync(join(data, 'events.jsonl'), '{"id":2,"functionKey":"feat');
  fillQueue(data, ['b']);
  assert.deepEqual(await resume(data), ['a', 'b']);
});

test('an event that the disk has no room for is run all the same, as what it tells of has happened', async (t) => {
  const done: number[] = [];
  const { queue } = makeQueue({ invoke: async (_, payload) => done.push(numberOf(payload)) });
  const full = t.mock.method(fs, 'writeFileSync', () => {
    throw new Error('ENOSPC');
  });
  syncBuiltinESMExports();
  assert.throws(() => queue.enqueue('erase', { n: 1 }), /ENOSPC/);
  full.mock.restore();
  syncBuiltinESMExports();
  await untilIdle(queue);
  assert.deepEqual(done, [1]);
});

test('opening forgets what is finished, so the file does not grow for ever', async () => {
  const data = makeFolder();
  const { queue, journal } = makeQueue({ data });
  for (let n = 0; n < 100; n++) queue.enqueue('featurize', { n });
  await untilIdle(queue);
  assert.equal(lines(journal).length, 200);
  makeQueue({ data });
  assert.equal(readFileSync(journal, 'utf8'), '');
});
