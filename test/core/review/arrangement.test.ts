import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrangeByNeighbours, pairsOf, powerOf } from '../../../functions/core/review/arrangement.ts';
import { normals } from '../numbers.ts';

test('two photos stay where they are by their first two components, ten wide, and apart by a hair where they are equal', () => {
  const two = { each: 1, place: Int32Array.of(1, 0), similarity: Float32Array.of(1, 1) };
  const cases: [components: number[], c: number, places: number[]][] = [
    [[3, -6, 100, 1.5, 4, 200], 3, [5, -10, 2.5, 20 / 3]],
    [[-8, 4], 1, [-10, 0, 5, 0]],
    [[3], 1, [10, 0]],
    [[0, 0, 0, 0], 2, [0, 0, 0, 0]],
  ];
  for (const [components, c, expected] of cases) {
    const places = arrangeByNeighbours(two, Float32Array.from(components), c);
    for (const [at, value] of expected.entries())
      assert.ok(Math.abs(places[at]! - value) <= 0.000_51, `${components}: ${places}`);
    assert.equal(places.length, expected.length);
    assert.ok(places[0] !== places[2] && places[1] !== places[3], `${places}`);
  }
});

test('how surely two are neighbours: the nearest surely, all of one photo’s together log₂(k + 1), and from both sides more surely', () => {
  // Of the nearest three, beyond the nearest by 0, 0.1 and 0.2: 1 + x + x² = log₂ 4, and x is the golden section's.
  const place = Int32Array.of(1, 2, 3, 2, 0, 3, 4, 3, 0, 4, 2, 0, 3, 0, 1);
  const similarity = Float32Array.from({ length: 15 }, (_, at) => [0.9, 0.8, 0.7][at % 3]!);
  const { from, to, weight } = pairsOf({ each: 3, place, similarity }, 5);
  const [x, y] = [(Math.sqrt(5) - 1) / 2, (3 - Math.sqrt(5)) / 2];
  const either = (a: number, b: number) => 1 - (1 - a) * (1 - b);
  const expected = [
    [0, 1, either(1, x)],
    [0, 2, either(x, y)],
    [0, 3, either(y, y)],
    [1, 2, 1],
    [1, 3, y],
    [2, 4, 1],
    [2, 3, either(x, x)],
    [3, 4, 1],
    [0, 4, x],
    [1, 4, y],
  ];
  assert.deepEqual(
    expected.map(([a, b]) => [a, b]),
    Array.from(from, (a, at) => [a, to[at]]),
  );
  for (const [at, [, , sure]] of expected.entries())
    assert.ok(Math.abs(weight[at]! - sure!) < 1e-4, `pair ${at}: ${weight[at]} is not ${sure}`); // halving ends at 1e-5
});

test('of photos that are as near all are surely neighbours', () => {
  const place = Int32Array.of(1, 2, 0, 2, 0, 1);
  const { weight } = pairsOf({ each: 2, place, similarity: new Float32Array(6).fill(0.7) }, 3);
  assert.deepEqual([...weight], [1, 1, 1]);
});

test('a power is right to a part in 2,000', () => {
  for (let exponent = -40; exponent <= 40; exponent++) {
    for (const digits of [1, 1.0004, 1.37, 1.999]) {
      const square = digits * 2 ** exponent;
      const error = powerOf(square) / square ** 0.895_061 - 1;
      assert.ok(Math.abs(error) < 1 / 2000, `${square}: ${error}`);
    }
  }
});

for (const [where, spread] of [
  ['where they lie apart', 1],
  ['where all begin at one place', 0],
] as const) {
  test(`kinds come together, as near as the paper’s curve has them, and away from each other: ${where}`, () => {
    const [kinds, each] = [4, 10];
    const n = kinds * each;
    const random = normals(3);
    // Photos of each kind in turn; each has the next three of its kind as neighbours.
    const place = Int32Array.from(
      { length: n * 3 },
      (_, at) => (Math.floor(at / 3) + kinds * (1 + (at % 3))) % n,
    );
    const similarity = Float32Array.from({ length: n * 3 }, (_, at) => [0.9, 0.8, 0.7][at % 3]!);
    const components = Float32Array.from({ length: 2 * n }, () => spread * random());
    const places = arrangeByNeighbours({ each: 3, place, similarity }, components, 2);
    const apart = (a: number, b: number) =>
      Math.hypot(places[2 * a]! - places[2 * b]!, places[2 * a + 1]! - places[2 * b + 1]!);
    const [next, within, between]: [number[], number[], number[]] = [[], [], []];
    for (let a = 0; a < n; a++) {
      next.push(apart(a, place[3 * a]!));
      for (let b = 0; b < a; b++) (a % kinds === b % kinds ? within : between).push(apart(a, b));
    }
    // The curve falls to a half at 0.77: nearest neighbours lie nearer, and the farthest of ten not three times as far.
    const middle = next.sort((a, b) => a - b)[n / 2]!;
    assert.ok(middle > 0.3 && middle < 0.5, `nearest neighbours ${middle} apart`);
    assert.ok(Math.max(...within) < 2, `${Math.max(...within)} within a kind`);
    const [nearest, farthest] = [Math.min(...between), Math.max(...between)];
    assert.ok(nearest > 3 && farthest < 30, `kinds ${nearest} to ${farthest} apart`);
  });
}
