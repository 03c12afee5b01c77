import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflate, rotateRows } from '../../../functions/core/pca/deflation.ts';
import { assertClose } from '../numbers.ts';

/** Eight units in the last place of 1: what working precision makes of the largest element. */
const ULPS = 8 * Number.EPSILON;

for (const [what, d, z, rho, active, deflated] of [
  ['nothing that counts', [3, 1, 2], [0.5, 0.6, 0.7], 1, [1, 2, 0], []],
  ['an element with no weight', [1, 2, 3], [0.6, 0, 0.8], 1, [0, 2], [1]],
  ['weights of at most eight units in the last place', [0, 0.5, 1], [ULPS, 3 * ULPS, 1], 1, [1, 2], [0]],
  ['weights beside the largest pole', [-1000, -500, 0], [900 * ULPS, 1, 1100 * ULPS], 1, [1, 2], [0]],
  ['weights beside the largest weight', [-60, 0, 60], [90 * ULPS, -100, 500 * ULPS], 1, [1, 2], [0]],
  ['weights that a small term makes small', [0, 0.5, 1], [ULPS * 1e6, 1, 1], 1e-6, [1, 2], [0]],
  ['all, without a term', [1, 2], [0.6, 0.8], 0, [], [0, 1]],
  ['no elements', [], [], 1, [], []],
] as const) {
  test(`set apart: ${what}`, () => {
    const found = deflate(Float64Array.from(d), Float64Array.from(z), rho);
    assert.deepEqual(found, { active, deflated, rotations: [] });
  });
}

for (const [what, d, z, rho, deflates] of [
  ['equal poles', [2, 2], [0.6, 0.8], 1, true],
  ['poles apart by half of what is negligible', [1, 1 + 2 ** -50], [0.6, 0.8], 1, true],
  ['poles apart by more', [1, 1 + 2 ** -47], [0.6, 0.8], 1, false],
  ['a weight that is much the smaller, before', [0, 1], [1e-15, 1], 1000, true],
  ['a weight that is much the smaller, after', [0, 1], [1, 1e-15], 1000, true],
] as const) {
  test(`gathered in one: ${what}`, () => {
    const [poles, weights] = [Float64Array.from(d), Float64Array.from(z)];
    const { active, deflated, rotations } = deflate(poles, weights, rho);
    if (!deflates) {
      assert.deepEqual({ active, deflated, rotations }, { active: [0, 1], deflated: [], rotations: [] });
      return;
    }
    assert.deepEqual([active, deflated, rotations.length], [[1], [0], 1]);
    const length = Math.hypot(...z);
    assertClose(weights, [0, length], 1e-15);
    // In the basis whose vectors are the columns, D + ρ z zᵀ is diagonal but for the term of the one that is left, to working precision.
    const rotated = Float64Array.of(1, 0, 0, 1);
    rotateRows(rotated, 2, rotations[0]!);
    const [a, b, c, e] = rotated as unknown as [number, number, number, number];
    const off = a * b * d[0] + c * e * d[1];
    assertClose([a * z[0] + c * z[1], b * z[0] + e * z[1]], [0, length], 1e-15);
    assertClose(poles, [a * a * d[0] + c * c * d[1], b * b * d[0] + e * e * d[1]], 1e-15);
    assert.ok(Math.abs(off) <= ULPS * 2, `${off}`);
  });
}
