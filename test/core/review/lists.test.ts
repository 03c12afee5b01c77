/** The lists of a report, from neighbours that are given: numbers reckoned by hand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findConfusions } from '../../../functions/core/review/confusions.ts';
import {
  findCopies,
  findNearDuplicates,
  type NearDuplicate,
  withSamePictures,
} from '../../../functions/core/review/duplicates.ts';
import { findMislabelled } from '../../../functions/core/review/mislabelled.ts';
import type { Neighbours } from '../../../functions/core/review/neighbours.ts';
import { findOutliers } from '../../../functions/core/review/outliers.ts';

/** Of each photo, the places of its neighbours, and their cosines. */
function neighbours(...rows: [place: number, similarity: number][][]): Neighbours {
  const all = rows.flat();
  return {
    each: all.length / rows.length,
    place: Int32Array.from(all, ([place]) => place),
    similarity: Float32Array.from(all, ([, similarity]) => similarity),
  };
}

test('copies are groups of one ETag: the largest first, then in the order of their first photo', () => {
  assert.deepEqual(findCopies(['b', 'a', 'b', 'c', 'a', 'd', 'a', 'c']), [
    [1, 4, 6],
    [0, 2],
    [3, 7],
  ]);
});

test('near-duplicates are as like as 0.98, or 0.92 and far nearer than what else is near either; never of one ETag', () => {
  const etags = Array.from({ length: 15 }, (_, at) => (at === 11 ? 'etag 10' : `etag ${at}`));
  // biome-ignore format: a line a photo
  const given = neighbours(
    [[1, 0.99], [2, 0.5]], [[0, 0.99], [3, 0.5]],
    [[3, 0.93], [0, 0.2]], [[2, 0.93], [1, 0.9]], // 0.07 is more than 0.4 of 0.1, and less than 0.4 of 0.8
    [[5, 0.95], [6, 0.93]], [[4, 0.95], [7, 0.93]], // 0.05 is more than 0.4 of 0.07
    [[7, 0.985], [4, 0.97]], [[6, 0.985], [5, 0.97]], // 0.015 is more than 0.4 of 0.03
    [[9, 0.91], [0, 0]], [[8, 0.91], [1, 0]],
    [[11, 0.99], [0, 0]], [[10, 0.99], [0, 0]],
    [[13, 0.99], [0, 0]], [[12, 0.99], [0, 0]],
    [[0, 0.99], [1, 0.99]], // which have no room for it among their own
  );
  assert.deepEqual(
    findNearDuplicates(etags, given).map(({ places, similarity }) => [...places, similarity]),
    [
      [0, 1, Math.fround(0.99)],
      [0, 14, Math.fround(0.99)],
      [1, 14, Math.fround(0.99)],
      [12, 13, Math.fround(0.99)],
      [6, 7, Math.fround(0.985)],
      [2, 3, Math.fround(0.93)],
    ],
  );
});

test('pairs that are as like are in the order of their photos, in whatever order they are found', () => {
  // biome-ignore format: a line a photo
  const given = neighbours([[3, 0.99]], [[2, 0.99]], [[0, 0.99]], [[1, 0.99]], [[2, 0.99]]);
  assert.deepEqual(
    findNearDuplicates(['a', 'b', 'c', 'd', 'e'], given).map(({ places }) => places.join(' ')),
    ['0 2', '0 3', '1 2', '1 3', '2 4'],
  );
});

test('of two contents one pair is told, however many copies they have: that of the first photos', () => {
  // biome-ignore format: a line a photo
  const given = neighbours(
    [[2, 0.99], [3, 0.99]],
    [[2, 0.99], [3, 0.99]],
    [[0, 0.99], [1, 0.99]],
    [[1, 0.99], [4, 0.985]],
    [[3, 0.985], [2, 0.985]],
  );
  assert.deepEqual(
    findNearDuplicates(['a', 'a', 'b', 'b', 'c'], given).map(({ places }) => places.join(' ')),
    ['0 2', '2 4'],
  );
});

test('pairs that are one picture by their pixels come first, and are not named a second time', () => {
  const pair = (places: [number, number], similarity: number): NearDuplicate => ({ places, similarity });
  const alike = [pair([0, 1], 0.99), pair([1, 2], 0.985), pair([2, 3], 0.98)];
  const same = [
    { ...pair([4, 5], 0.9), same: true as const },
    { ...pair([1, 2], 0.985), same: true as const },
  ];
  assert.deepEqual(withSamePictures([...'abcdef'], alike, same), [...same, alike[0], alike[2]]);
  // Photos 1 and 3 are copies, as 2 and 0 are.
  assert.deepEqual(withSamePictures([...'cbcbef'], alike, same), same);
});

test('mislabelled are those whose neighbours speak for another label, each the less the farther it is; by margin', () => {
  const labels = ['a', 'b', 'b', 'a', 'a', 'a', null, 'c', 'd', 'c'];
  // biome-ignore format: a line a photo
  const given = neighbours(
    [[1, 0.9], [2, 0.9], [3, 0.9]], // 2 to 1
    [[2, 0.9], [0, 0.5], [3, 0.5]],
    [[1, 0.9], [0, 0.5], [3, 0.5]], // the nearest outweighs two
    [[0, 0.9], [4, 0.9], [1, 0.9]],
    [[3, 1], [1, 0.9], [2, 0.9]], // 2 · exp(−2) to 1
    [[3, 0.9], [1, 0.9], [6, 0.9]], // 1 to 1
    [[1, 0.9], [2, 0.9], [3, 0.9]], // has no label
    [[1, 0.8], [3, 0.75], [6, 0.7]], // 1 to exp(−1), and nothing for its own
    [[1, 0.9], [7, 0.88], [9, 0.88]], // 2 · exp(−0.4) to 1
    [[7, 0.9], [1, 0.7], [2, 0.7]],
  );
  assert.deepEqual(findMislabelled(labels, given), [
    { place: 7, label: 'b', votes: 1, own: 0, of: 3, similarity: Math.fround(0.8) },
    { place: 8, label: 'c', votes: 2, own: 0, of: 3, similarity: Math.fround(0.88) },
    { place: 0, label: 'b', votes: 2, own: 1, of: 3, similarity: Math.fround(0.9) },
  ]);
});

test('neighbours without a label are no votes, however many and near; margins are shares of all votes', () => {
  const labels = ['a', 'b', 'a', null, null, 'c', 'a', 'b'];
  // biome-ignore format: a line a photo
  const given = neighbours(
    [[3, 0.9], [4, 0.9], [2, 0.9], [6, 0.9]], // two for its own, and two that say nothing
    [[3, 0.9], [4, 0.9], [5, 0.9], [2, 0.9]], // a and c are as near: the first is named
    [[3, 1], [4, 1], [3, 1], [4, 1]], // none says anything
    [[0, 0.9], [1, 0.9], [2, 0.9], [5, 0.9]],
    [[0, 0.9], [1, 0.9], [2, 0.9], [5, 0.9]],
    [[3, 0.9], [0, 0.9], [2, 0.9], [6, 0.9]], // three of one label and no other
    [[0, 0.9], [1, 0.9], [7, 0.9], [5, 0.9]], // 2 to 1, of 4
    [[0, 0.9], [2, 0.9], [5, 0.9], [3, 0.9]], // 2 to none, of 3
  );
  assert.deepEqual(
    findMislabelled(labels, given).map(({ place, label, votes, own }) => [place, label, votes, own]),
    [
      [5, 'a', 3, 0],
      [7, 'a', 2, 0],
      [1, 'c', 1, 0],
      [6, 'b', 2, 1],
    ],
  );
});

test('labels are mixed up by how many nearest neighbours bear the other, then by the share of all, then by name', () => {
  const labels = ['a', 'a', 'b', 'b', 'c', null, '2', '1', '1', 'd', 'e', 'f', 'g'];
  const places = [
    [2, 1],
    [0, 4],
    [0, 5],
    [2, 5],
    [1, 2],
    [0, 1],
    [7, 8],
    [5, 5],
    [5, 5],
    [10, 5],
    [5, 9],
    [12, 5],
    [5, 11],
  ];
  const given = neighbours(...places.map((row) => row.map((place): [number, number] => [place, 1])));
  assert.deepEqual(findConfusions(labels, given), {
    labelled: 12,
    agree: 2,
    byLabel: [
      { label: 'a', photos: 2, agree: 1 },
      { label: 'b', photos: 2, agree: 1 },
      { label: 'c', photos: 1, agree: 0 },
      { label: '2', photos: 1, agree: 0 },
      { label: '1', photos: 2, agree: 0 },
      { label: 'd', photos: 1, agree: 0 },
      { label: 'e', photos: 1, agree: 0 },
      { label: 'f', photos: 1, agree: 0 },
      { label: 'g', photos: 1, agree: 0 },
    ],
    confusions: [
      { labels: ['a', 'b'], share: 2 / 8, photos: 2 },
      { labels: ['d', 'e'], share: 2 / 4, photos: 1 },
      { labels: ['f', 'g'], share: 2 / 4, photos: 1 },
      { labels: ['1', '2'], share: 2 / 6, photos: 1 },
      { labels: ['a', 'c'], share: 2 / 6, photos: 1 },
      { labels: ['b', 'c'], share: 1 / 6, photos: 0 },
    ],
  });
});

test('an outlier lies more than 3.5 robust deviations below what is usual; where its label has others, below theirs too', () => {
  // Median 0.8, median deviation 0.05: 0.55 lies 3.4 of 1.4826 · 0.05 below, 0.53 lies 3.6.
  const near = [0.55, 0.53, 0.7, 0.75, 0.8, 0.8, 0.8, 0.85, 0.9];
  const given = neighbours(...near.map((similarity): [number, number][] => [[0, similarity]]));
  const rows = new Float32Array(18).fill(Math.SQRT1_2);
  const [found, ...others] = findOutliers(
    near.map(() => null),
    rows,
    2,
    given,
  );
  assert.deepEqual(others, []);
  const { place, score, ...usual } = found!;
  assert.equal(place, 1);
  assert.ok(Math.abs(score - 0.27 / (1.4826 * 0.05)) < 1e-5, `${score}`); // cosines are float32
  assert.deepEqual(usual, { near: Math.fround(0.53), usualNear: Math.fround(0.8) });

  const single = near.map((_, at) => (at === 1 ? 'only one' : 'a'));
  assert.deepEqual(findOutliers(single, rows, 2, given), [found]);
  assert.deepEqual(
    findOutliers(
      near.map(() => 'a'),
      rows,
      2,
      given,
    ),
    [],
    'all are alike to their label',
  );
  assert.deepEqual(findOutliers(['a'], rows.subarray(0, 2), 2, { ...given, each: 0 }), []);
});

test('outliers are listed with the farthest out first, and with how like their label they are', () => {
  const near = [0.21, 0.2, 0.2, 0.75, 0.8, 0.85, 0.8, 0.75, 0.85, 0.8];
  const given = neighbours(
    ...near.map((similarity): [number, number][] => [
      [0, similarity],
      [1, similarity],
    ]),
  );
  // Directions in degrees: three far from the others, of which no two are alike.
  const degrees = [80, 90, 90, 1, 2, 3, 4, 5, 6, 7].map((angle) => (angle * Math.PI) / 180);
  const rows = Float32Array.from(degrees.flatMap((angle) => [Math.cos(angle), Math.sin(angle)]));
  const found = findOutliers(
    near.map(() => 'a'),
    rows,
    2,
    given,
  );
  assert.deepEqual(
    found.map(({ place }) => place),
    [1, 2, 0],
  );
  assert.ok(Math.abs(found[0]!.near - 0.2) < 1e-7);
  assert.ok(
    Math.abs(found[0]!.usualNear - (0.75 + 0.8) / 2) < 1e-7,
    'of an even number, between the two in the middle',
  );
  const others = degrees.filter((_, at) => at !== 1);
  const sum = (part: (angle: number) => number) => others.reduce((total, angle) => total + part(angle), 0);
  // Row 1 points straight up.
  const own = sum(Math.sin) / Math.hypot(sum(Math.cos), sum(Math.sin));
  assert.ok(Math.abs(found[0]!.own! - own) < 1e-6, `${found[0]!.own} is not ${own}`);
});

test('how like its label a photo is, is told of a label of two and not of no label, and what is usual is of those that have one', () => {
  const near = [0.2, 0.2, 0.75, 0.8, 0.85, 0.8, 0.75, 0.85, 0.8, 0.8, 0.8];
  const labels = ['two', 'two', 'a', 'a', 'a', 'a', 'a', null, null, null, null];
  const degrees = [0, 60, 0, 5, 10, 20, 30, 90, 90, 90, 0].map((angle) => (angle * Math.PI) / 180);
  const rows = Float32Array.from(degrees.flatMap((angle) => [Math.cos(angle), Math.sin(angle)]));
  const given = neighbours(...near.map((similarity): [number, number][] => [[0, similarity]]));
  const found = findOutliers(labels, rows, 2, given);
  assert.deepEqual(
    found.map(({ place, own, usualOwn }) => [place, own?.toFixed(4), usualOwn?.toFixed(4)]),
    [
      [0, '0.5000', '0.9601'],
      [1, '0.5000', '0.9601'],
    ],
  );
  // Of no label all four are alike or not: it is nobody's.
  const without = findOutliers([null, null, ...labels.slice(2)], rows, 2, given);
  assert.deepEqual(
    without.map(({ place, ...rest }) => [place, 'own' in rest]),
    [
      [0, false],
      [1, false],
    ],
  );
  // A row of zeros is like nothing, and nothing is like it.
  const zero = findOutliers(labels, rows.fill(0, 2, 4), 2, given);
  assert.deepEqual(
    zero.map(({ place, own }) => [place, own]),
    [
      [0, 0],
      [1, 0],
    ],
  );
});

test('where more than half of the photos are as near, nothing is called far', () => {
  const near = [0.2, 0.9, 0.9, 0.9, 0.8];
  const given = neighbours(...near.map((similarity): [number, number][] => [[0, similarity]]));
  const rows = new Float32Array(10).fill(Math.SQRT1_2);
  assert.deepEqual(
    findOutliers(
      near.map(() => null),
      rows,
      2,
      given,
    ),
    [],
  );
});
