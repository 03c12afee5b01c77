import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LatestSnapshot } from '../../functions/core/ports.ts';
import { estimateItems } from '../../functions/core/reduce/estimate.ts';

test('a table has about as many items as it counts itself, or as the last snapshot has rows, whichever is more', async () => {
  const estimate = (items: number, rows?: number) => {
    const latest = rows === undefined ? undefined : ({ rows } as LatestSnapshot);
    return estimateItems({
      features: { count: async () => items },
      snapshots: { latest: async () => latest },
    });
  };
  assert.equal(await estimate(7), 7);
  assert.equal(await estimate(0, 500_000), 500_000); // DynamoDB counts every six hours
  assert.equal(await estimate(500_001, 500_000), 500_001);
});
