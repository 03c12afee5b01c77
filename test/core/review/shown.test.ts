/** What of a review a report shows, from lists and neighbours that are given. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Review } from '../../../functions/core/review/review.ts';
import { chooseShown, supporters } from '../../../functions/core/review/shown.ts';

/** Photos of so many labels in turn: a, b, c … */
function rowsOf(count: number, labels: number) {
  return Array.from({ length: count }, (_, at) => ({
    key: String(at).padStart(3, '0'),
    label: 'abcdefgh'[at % labels]!,
    etag: `${at}`,
    featurizedAt: 0,
    width: 1,
    height: 1,
    bytes: 1,
  }));
}

/** A review that says nothing, of photos that each have the next three as neighbours, but for what is said. */
function reviewOf(count: number, said: Partial<Review>, near: Record<number, number[]> = {}): Review {
  const place = Array.from(
    { length: count },
    (_, at) => near[at] ?? [1, 2, 3].map((by) => (at + by) % count),
  );
  return {
    neighbours: { each: 3, place: Int32Array.from(place.flat()), similarity: new Float32Array(3 * count) },
    mislabelled: [],
    copies: [],
    nearDuplicates: [],
    byPixels: 0,
    outliers: [],
    agreement: { labelled: count, agree: 0, byLabel: [], confusions: [] },
    ...said,
  };
}

const mislabelled = (place: number, label: string) => ({
  place,
  label,
  votes: 2,
  own: 0,
  of: 3,
  similarity: 1,
});
const outlier = (place: number) => ({ place, score: 4, near: 0, usualNear: 1 });
const pair = (a: number, b: number) => ({ places: [a, b] as [number, number], similarity: 1 });
const upTo = (count: number) => Array.from({ length: count }, (_, at) => at);

test('each list shows its first entries, and four photos of a group, and says how many there are', () => {
  const said = {
    mislabelled: upTo(30).map((at) => mislabelled(at, 'b')),
    copies: [[100, 101, 102, 103, 104, 105], ...upTo(7).map((at) => [110 + 2 * at, 111 + 2 * at])],
    nearDuplicates: upTo(14).map((at) => pair(130 + 2 * at, 131 + 2 * at)),
    outliers: upTo(15).map((at) => outlier(170 + at)),
    agreement: {
      labelled: 200,
      agree: 0,
      byLabel: [],
      confusions: upTo(13).map((photos) => ({ labels: ['a', 'b'] as [string, string], share: 0, photos })),
    },
  };
  const shown = chooseShown(reviewOf(200, said), rowsOf(200, 2), new Float32Array(), 0);
  assert.deepEqual(shown.mislabelled, { first: said.mislabelled.slice(0, 24), total: 30 });
  assert.deepEqual(shown.copies, {
    first: [
      [100, 101, 102, 103],
      [110, 111],
      [112, 113],
      [114, 115],
      [116, 117],
      [118, 119],
    ],
    total: 8,
  });
  assert.deepEqual(shown.nearDuplicates, { first: said.nearDuplicates.slice(0, 12), total: 14 });
  assert.deepEqual(shown.outliers, { first: said.outliers.slice(0, 12), total: 15 });
  assert.deepEqual(shown.confusions, { first: said.agreement.confusions.slice(0, 12), total: 13 });
  // Photos 0 to 23, and with them those that say so, the next of the other label; all of the lists are on the map.
  const listed = [...upTo(24), 25, ...upTo(4).map((at) => 100 + at), ...upTo(10).map((at) => 110 + at)];
  const others = [...upTo(24).map((at) => 130 + at), ...upTo(12).map((at) => 170 + at)];
  assert.deepEqual(shown.points, [...listed, ...others]);
  assert.equal(shown.listed, listed.length + others.length);
});

test('a photo that is called mislabelled is shown beside the first two of its neighbours that bear the other label', () => {
  // Labels are a, b, c in turn.
  const near = { 9: [4, 10, 13], 6: [7, 5, 8], 3: [0, 1, 2] };
  const said = { mislabelled: [mislabelled(6, 'c'), mislabelled(9, 'b'), mislabelled(3, 'b')] };
  const [review, rows] = [reviewOf(15, said, near), rowsOf(15, 3)];
  assert.deepEqual(
    said.mislabelled.map((of) => supporters(review, rows, of)),
    [[5, 8], [4, 10], [1]],
  );
  const { pictures, listed } = chooseShown(review, rows, new Float32Array(), 0);
  assert.deepEqual(pictures.slice(0, listed), [6, 5, 8, 9, 4, 10, 3, 1]);
});

test('pictures are made of the lists, their neighbours, both ends of each component, and then of photos spread evenly', () => {
  const said = {
    mislabelled: [mislabelled(50, 'b')],
    copies: [[30, 62]],
    nearDuplicates: [pair(62, 64)],
    outliers: [outlier(90)],
  };
  const near = { 50: [51, 52, 53], 30: [62, 31, 50], 62: [30, 64, 63], 64: [62, 65, 30], 90: [91, 92, 50] };
  // Every second photo of each of two labels is on the map, in order: 2, 3, 6, 7 … 98, 99; and what is listed.
  const components = Float32Array.from({ length: 200 }, (_, i) => {
    const at = i >> 1;
    return i % 2 === 0 ? (at * 37) % 101 : (at * 53) % 103;
  });
  const shown = chooseShown(reviewOf(100, said, near), rowsOf(100, 2), components, 50);
  const sampled = upTo(50).map((at) => 2 + 4 * (at >> 1) + (at % 2));
  const points = [...sampled, 53, 64].sort((a, b) => a - b);
  assert.deepEqual(shown.points, points);
  const inOrder = [
    [50, 51, 53, 30, 62, 64, 90], // the lists
    [52, 54, 55, 56, 31, 63, 65, 91, 92], // most alike to those, on the map or not
    [71, 11, 82, 22, 3, 98, 38, 79, 19], // the first component, by (37 · place) mod 101; others are there already
    [35, 70, 2, 39, 74, 6, 27, 99, 66], // the second, by (53 · place) mod 103
    [75, 86, 47, 95, 15, 42, 26, 10, 59, 83, 46, 67, 94, 14, 78, 23, 87, 7, 34, 58, 18, 43],
  ];
  assert.deepEqual(shown.pictures, inOrder.flat());
  assert.equal(shown.listed, 7);
});
