import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { refineVector, solveSecular } from '../../../functions/core/pca/secular.ts';
import { assertClose, assertRelative } from '../numbers.ts';

test('roots of two poles are those of the quadratic equation', () => {
  // diag(0, 1) + 2·(0.6, 0.8)(0.6, 0.8)ᵀ = [[0.72, 0.96], [0.96, 2.28]]
  const middle = (0.72 + 2.28) / 2;
  const half = Math.hypot((2.28 - 0.72) / 2, 0.96);
  assertClose(valuesOf([0, 1], [0.6, 0.8], 2), [middle - half, middle + half], 1e-15);
});

test('one pole moves by the whole weight', () => {
  assert.deepEqual(valuesOf([3], [2], 0.5), [5]);
});

test('no poles have no roots', () => {
  assert.deepEqual(valuesOf([], [], 1), []);
});

test('each root lies between its pole and the next, and together they add up to the trace', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.integer(),
      fc.double({ min: 1e-6, max: 10, noNaN: true }),
      (n, seed, rho) => {
        const { poles, weights } = randomProblem(n, seed);
        const values = valuesOf(poles, weights, rho);
        for (let j = 0; j < n; j++) {
          assert.ok(values[j]! >= poles[j]!, `root ${j} above its pole`);
          assert.ok(
            values[j]! <= (poles[j + 1] ?? poles[j]! + rho * sumOfSquares(weights)),
            `root ${j} below the next`,
          );
        }
        const trace = poles.reduce((sum, pole) => sum + pole, 0) + rho * sumOfSquares(weights);
        assertRelative([values.reduce((sum, value) => sum + value, 0)], [trace], 1e-12);
      },
    ),
    { seed: 1, numRuns: 300 },
  );
});

test('a root that all but touches its pole keeps its distance to full precision', () => {
  // The weight 1e-9 moves the pole 1 by ρ·z²/(1 + ρ·(z₀²/(0 − 1) + …)) to first order; the poles 0 and 2 cancel out.
  const roots = solveSecular(Float64Array.of(0, 1, 2), Float64Array.of(0.5, 1e-9, 0.5), 1);
  assert.equal(roots.origin[1], 1);
  assertRelative([roots.shift[1]!], [1e-18], 1e-12);
});

test('the refined vector makes the roots exact: it differs from the given one by rounding alone', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 40 }), fc.integer(), (n, seed) => {
      const { poles, weights } = randomProblem(n, seed);
      const [d, z] = [Float64Array.from(poles), Float64Array.from(weights)];
      const refined = refineVector(d, z, solveSecular(d, z, 1.5));
      const scale = Math.sqrt(sumOfSquares(weights) / sumOfSquares([...refined]));
      for (let i = 0; i < n; i++) assertRelative([refined[i]! * scale], [z[i]!], 1e-10, `element ${i}`);
    }),
    { seed: 2, numRuns: 200 },
  );
});

function valuesOf(poles: number[], weights: number[], rho: number): number[] {
  const { origin, shift } = solveSecular(Float64Array.from(poles), Float64Array.from(weights), rho);
  return Array.from(shift, (value, j) => poles[origin[j]!]! + value);
}

/** Poles 0.01 to 1 apart and weights of 0.05 to 1 with either sign. */
function randomProblem(n: number, seed: number): { poles: number[]; weights: number[] } {
  const at = (i: number) => Math.abs(Math.sin(seed * 12.9898 + i * 78.233) * 43758.5453) % 1;
  let pole = -1;
  const poles = Array.from({ length: n }, (_, i) => {
    pole += 0.01 + 0.99 * at(i);
    return pole;
  });
  const weights = Array.from({ length: n }, (_, i) => (0.05 + 0.95 * at(n + i)) * (i % 3 === 0 ? -1 : 1));
  return { poles, weights };
}

function sumOfSquares(values: number[]): number {
  return values.reduce((sum, value) => sum + value * value, 0);
}
