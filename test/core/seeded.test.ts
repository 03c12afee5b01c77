import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seeded } from '../../functions/core/seeded.ts';

test('a seed gives the numbers that mulberry32 gives in C, as shares of 2³²', () => {
  for (const [seed, ...words] of [
    [0, 1_144_304_738, 1_416_247, 958_946_056, 627_933_444],
    [1, 2_693_262_067, 11_749_833, 2_265_367_787, 4_213_581_821],
    [2 ** 32 - 1, 3_850_105_811, 813_802_916, 3_073_704_848, 4_054_706_436],
  ] as const) {
    const next = seeded(seed);
    for (const word of words) assert.equal(next() * 2 ** 32, word);
  }
});
