import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { limit, limitSum } from '../../functions/core/limit.ts';

/** Tasks of these sizes, that end when told. */
function tasksOf(sizes: number[]) {
  const turn = limitSum(10);
  const running: number[] = [];
  const ends = new Map<number, (error?: Error) => void>();
  const all = sizes.map((size) =>
    turn(size, () => {
      running.push(size);
      return new Promise<void>((resolve, reject) => {
        ends.set(size, (error) => {
          running.splice(running.indexOf(size), 1);
          if (error) reject(error);
          else resolve();
        });
      });
    }),
  );
  const end = async (size: number, error?: Error) => {
    ends.get(size)?.(error);
    await setImmediate();
    return [...running];
  };
  return { all, running, end };
}

test('tasks run together whose sizes add up to the limit; the next waits, and none overtakes it', async () => {
  const { running, end } = tasksOf([4, 6, 5, 1]);
  await setImmediate();
  assert.deepEqual(running, [4, 6]);
  assert.deepEqual(await end(4), [6]);
  assert.deepEqual(await end(6), [5, 1]);
});

test('a task larger than the limit runs alone, also one without a limit of its own', async () => {
  const { running, end } = tasksOf([11, 1, Number.POSITIVE_INFINITY, 2]);
  await setImmediate();
  assert.deepEqual(running, [11]);
  assert.deepEqual(await end(11), [1]);
  assert.deepEqual(await end(1), [Number.POSITIVE_INFINITY]);
  assert.deepEqual(await end(Number.POSITIVE_INFINITY), [2]);
});

test('a task that fails makes room', async () => {
  const { all, end } = tasksOf([10, 3]);
  await setImmediate();
  const [failed] = all;
  const rejected = assert.rejects(failed!, /broken/);
  assert.deepEqual(await end(10, new Error('broken')), [3]);
  await rejected;
});

test('a task that gives up its turn and then ends makes room once', async () => {
  const turn = limit(1);
  let running = 0;
  const ends: (() => void)[] = [];
  const task = () =>
    turn(async () => {
      running += 1;
      await new Promise<void>((resolve) => ends.push(resolve));
    });
  const early = turn(async (giveUp) => {
    giveUp();
    giveUp();
    await setImmediate();
  });
  const others = [task(), task()];
  await early;
  await setImmediate();
  assert.equal(running, 1, 'of the two that waited');
  ends[0]?.();
  await setImmediate();
  assert.equal(running, 2);
  ends[1]?.();
  await Promise.all(others);
});
