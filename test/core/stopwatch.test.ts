import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stopwatch } from '../../functions/core/stopwatch.ts';
import { StillClock } from '../memory.ts';

test('a step inside another counts for itself only, repeated steps add up, and all add up to the whole', async () => {
  const clock = new StillClock(0);
  const { milliseconds, timed } = stopwatch(clock);
  const taking = (time: number) => async () => {
    clock.time += time;
    return time;
  };
  assert.equal(await timed('page', taking(5)), 5);
  await timed('write', async () => {
    await taking(10)();
    await timed('project', taking(3));
    await taking(20)();
    await timed('project', taking(4));
  });
  assert.deepEqual(milliseconds, { page: 5, project: 7, write: 30 });
});

test('a step that fails is timed too', async () => {
  const clock = new StillClock(0);
  const { milliseconds, timed } = stopwatch(clock);
  const failing = timed('fit', async () => {
    clock.time += 8;
    throw new Error('no');
  });
  await assert.rejects(failing, /no/);
  assert.deepEqual(milliseconds, { fit: 8 });
});
