import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMatrixProducts } from '../../../functions/adapters/onnx-matrix.ts';
import { plainMatrixProducts } from '../../../functions/core/pca/matrix.ts';
import { SIDE } from '../../../functions/core/review/grey-square.ts';
import { findCandidates } from '../../../functions/core/review/picture-candidates.ts';
import { seeded } from '../../../functions/core/seeded.ts';
import { type Place, spotsOf, squareOf } from './spots.ts';

const candidates = (squares: Float32Array[], most: number) =>
  findCandidates((at) => squares[at]!, squares.length, plainMatrixProducts, most);

function correlation(a: Float32Array, b: Float32Array): number {
  const without = (levels: Float32Array) => {
    const mean = levels.reduce((sum, level) => sum + level, 0) / levels.length;
    return levels.map((level) => level - mean);
  };
  const inner = (p: Float32Array, q: Float32Array) => p.reduce((sum, level, at) => sum + level * q[at]!, 0);
  const [p, q] = [without(a), without(b)];
  return inner(p, q) / Math.sqrt(inner(p, p) * inner(q, q));
}

test('a picture that was moved or enlarged, darker and with less contrast, comes before one that is more like it where it lies', async () => {
  const ways: Place[] = [
    [2.5, 0, 0, 0],
    [0, 0, 2.5, 0],
    [0, -0.12, 0, -0.12],
    [1.5, -0.05, -1.5, -0.05],
  ];
  for (const seed of [1, 2, 3]) {
    const spots = spotsOf(seed);
    const picture = squareOf(spots);
    for (const way of ways) {
      const moved = squareOf(spots, way).map((level) => 20 + level / 3);
      const other = squareOf([...spots, ...spotsOf(seed + 10, 40, 10)]);
      assert.ok(correlation(picture, other) > correlation(picture, moved) + 0.05);
      // What is beside the picture in the matrix is like it, whatever it is itself.
      for (const order of [
        [other, picture, moved],
        [moved, picture, other],
      ]) {
        const [near] = (await candidates(order, 1))[1]!;
        assert.equal(order[near!], moved, `${seed}: ${way}`);
      }
    }
  }
});

test('of few pictures each has all others, those that show nothing too; one has none', async () => {
  const plain = new Float32Array(SIDE ** 2).fill(90);
  const few = await candidates([squareOf(spotsOf(1)), plain, squareOf(spotsOf(2))], 5);
  assert.deepEqual(
    few.map((of) => of.toSorted()),
    [
      [1, 2],
      [0, 2],
      [0, 1],
    ],
  );
  assert.deepEqual([await candidates([plain], 5), await candidates([], 5)], [[[]], []]);
});

test('pictures are compared with those of every block of 1,024, the nearest first, never with themselves', async () => {
  const random = seeded(1);
  const squares = Array.from({ length: 1100 }, () => {
    const coarse = Array.from({ length: (SIDE / 4) ** 2 }, () => 255 * random());
    return Float32Array.from(
      { length: SIDE ** 2 },
      (_, at) => coarse[(Math.floor(at / SIDE) >> 2) * (SIDE / 4) + ((at % SIDE) >> 2)]!,
    );
  });
  const put = (to: number, from: number, share: number) => {
    const other = squares[to]!;
    squares[to] = squares[from]!.map((level, at) => level + share * (other[at]! - level));
  };
  put(1027, 3, 0.01);
  put(1023, 3, 0.05);
  put(1024, 1099, 0.01);
  put(6, 5, 0.01);
  const found = await findCandidates((at) => squares[at]!, squares.length, createMatrixProducts(1), 2);
  assert.deepEqual(
    [3, 1027, 1023].map((at) => found[at]),
    [
      [1027, 1023],
      [3, 1023],
      [3, 1027],
    ],
  );
  assert.deepEqual(
    [1024, 1099, 5, 6].map((at) => found[at]![0]),
    [1099, 1024, 6, 5],
  );
  assert.ok(found.every(([a, b], at) => a !== at && b !== at && a !== b));
});
