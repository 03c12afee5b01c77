/** The promise of at-least-once, any order: whatever fails, the table comes to hold what the bucket holds. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FAULTS, type FaultKind } from './faults.ts';
import { makePlan } from './plan.ts';
import { shrink } from './shrink.ts';
import { simulate } from './simulate.ts';
import { tell } from './story.ts';
import { withVirtualPauses } from './virtual-time.ts';
import { runWorld } from './world.ts';

const WORLDS = ['unversioned', 'versioned'] as const;

test('in 100,000 deliveries among faults of every kind, no promise is broken', async () => {
  const { failure, deliveries, faults } = await simulate({ deliveries: 100_000, seed: 1, worlds: WORLDS });
  assert.ok(!failure, failure && tell(failure.plan, await shrink(failure.plan)));
  assert.ok(deliveries >= 100_000);
  const kinds = Object.keys(FAULTS) as FaultKind[];
  assert.deepEqual(
    kinds.filter((kind) => !faults.has(kind)),
    ['read of a second ago'], // every read of the table is strongly consistent
  );
});

test('a world is the same each time', async () => {
  const run = () => withVirtualPauses(() => runWorld(makePlan('versioned', 12), { traced: true }));
  const [once, again] = [await run(), await run()];
  assert.deepEqual(again, once);
  assert.ok(once.trace.length > 50, 'so that there is something to compare');
});

test('other seeds are other worlds', () => {
  assert.notDeepEqual(makePlan('versioned', 1).operations, makePlan('versioned', 2).operations);
});
