/** The simulation can fail: each fault planted on purpose is found, and told in a few lines. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PLANTS } from './planted.ts';
import { shrink } from './shrink.ts';
import { simulate } from './simulate.ts';
import { tell } from './story.ts';

/** What is not found in so many deliveries may as well not be found at all. */
const DELIVERIES = 60_000;

describe('the simulation finds that', () => {
  for (const plant of PLANTS) {
    test(plant.name, async () => {
      const { accepts, breaks } = plant;
      const { failure } = await simulate({
        deliveries: DELIVERIES,
        seed: 1,
        worlds: ['unversioned', 'versioned'],
        plant,
        ...(accepts && { accepts }),
      });
      assert.ok(failure, `not found in ${DELIVERIES} deliveries`);
      const story = await shrink(failure.plan, plant);
      assert.match(story.violation.rule, breaks);
      assert.ok(story.operations.length <= 7 && story.faults.length <= 9, tell(failure.plan, story));
    });
  }
});
