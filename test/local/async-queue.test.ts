import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import {
  type AsyncQueueOptions,
  createAsyncQueue,
  type FailedInvocation,
  type Invocation,
} from '../../local/stack/async-queue.ts';

function invocation(id: number): Invocation {
  return { id, functionKey: 'featurize', event: { id } };
}

function makeQueue(options: Partial<AsyncQueueOptions>) {
  const seen = {
    settled: [] as number[],
    retried: [] as [number, number][],
    failed: [] as FailedInvocation[],
  };
  const queue = createAsyncQueue({
    concurrency: 2,
    retryDelays: () => [5, 10],
    invoke: async () => {},
    onSettled: ({ id }) => seen.settled.push(id),
    onRetry: ({ id }, _error, delay) => seen.retried.push([id, delay]),
    onFailed: (failed) => seen.failed.push(failed),
    ...options,
  });
  return { queue, seen };
}

async function untilIdle(queue: ReturnType<typeof createAsyncQueue>): Promise<void> {
  for (;;) {
    const { waiting, running, retrying } = queue.counts();
    if (waiting + running + retrying === 0) return;
    await setTimeout(1);
  }
}

test('invocations start in the order in which they were pushed, and each is settled once', async () => {
  const started: number[] = [];
  const { queue, seen } = makeQueue({ concurrency: 1, invoke: async ({ id }) => started.push(id) });
  const ids = Array.from({ length: 2500 }, (_, id) => id);
  for (const id of ids) queue.push(invocation(id));
  await untilIdle(queue);
  assert.deepEqual(started, ids);
  assert.deepEqual(seen.settled, ids);
  assert.equal(queue.counts().succeeded, 2500);
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
  for (let id = 0; id < 20; id++) queue.push(invocation(id));
  await untilIdle(queue);
  assert.equal(most, 3);
});

test('what fails is tried again after each delay, and succeeds if a later attempt does', async () => {
  let attempts = 0;
  const { queue, seen } = makeQueue({
    invoke: async () => {
      if (++attempts < 3) throw new Error('store is away');
    },
  });
  queue.push(invocation(7));
  await untilIdle(queue);
  assert.equal(attempts, 3);
  assert.deepEqual(seen.retried, [
    [7, 5],
    [7, 10],
  ]);
  assert.deepEqual(seen.failed, []);
  assert.deepEqual(seen.settled, [7]);
});

test('what fails after all its retries goes to the failed list, with its event, and is settled', async () => {
  const { queue, seen } = makeQueue({
    invoke: async () => {
      throw new Error('broken');
    },
  });
  queue.push(invocation(7));
  await untilIdle(queue);
  const failed = { id: 7, functionKey: 'featurize', event: { id: 7 }, error: 'broken', attempts: 3 };
  assert.deepEqual(seen.failed, [failed]);
  assert.deepEqual(seen.settled, [7]);
  assert.equal(queue.counts().failed, 1);
});

test('a waiting retry holds no place: others run meanwhile', async () => {
  const done: number[] = [];
  let isFirst = true;
  const { queue } = makeQueue({
    concurrency: 1,
    invoke: async ({ id }) => {
      if (id === 1 && isFirst) {
        isFirst = false;
        throw new Error('once');
      }
      done.push(id);
    },
  });
  for (const id of [1, 2, 3]) queue.push(invocation(id));
  await untilIdle(queue);
  assert.deepEqual(done, [2, 3, 1]);
});

test('after a stop nothing more starts, neither what waits nor a retry', async () => {
  const started: number[] = [];
  const { queue } = makeQueue({
    concurrency: 1,
    invoke: async ({ id }) => {
      started.push(id);
      throw new Error('fails');
    },
  });
  queue.push(invocation(1));
  queue.push(invocation(2));
  queue.stop();
  await setTimeout(30);
  assert.deepEqual(started, [1]);
});
