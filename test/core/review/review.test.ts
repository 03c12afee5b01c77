import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parquetReadObjects } from 'hyparquet';
import { createMatrixProducts } from '../../../functions/adapters/onnx-matrix.ts';
import { plainMatrixProducts } from '../../../functions/core/pca/matrix.ts';
import { arrangeByNeighbours } from '../../../functions/core/review/arrangement.ts';
import { EvenSample, shareEvenly } from '../../../functions/core/review/even-sample.ts';
import { findNeighbours } from '../../../functions/core/review/neighbours.ts';
import { review } from '../../../functions/core/review/review.ts';
import { encodeNeighbours } from '../../../functions/core/snapshot/neighbours-parquet.ts';
import { normals } from '../numbers.ts';

const D = 24;
const KINDS = 10;
const EACH = 60;

/** Photos of ten kinds, each about its own centre, as features are: not negative. */
function photosOfKinds(changes: { spread?: number } = {}) {
  const { spread = 0.35 } = changes;
  const rows = Array.from({ length: KINDS * EACH }, (_, at) => {
    const kind = Math.floor(at / EACH);
    return {
      key: `shop/Kind ${kind}/${String(at % EACH).padStart(2, '0')}.jpg`,
      label: `Kind ${kind}` as string | null,
      etag: `etag ${at}`,
      featurizedAt: 0,
      width: 1,
      height: 1,
      bytes: 1,
    };
  });
  const features = new Float32Array(rows.length * D);
  for (let at = 0; at < rows.length; at++) {
    const [centre, own] = [normals(1000 + Math.floor(at / EACH)), normals(at + 1)];
    for (let i = 0; i < D; i++) features[at * D + i] = Math.max(0, 1 + centre() + spread * own());
  }
  return { rows, features };
}

test('neighbours are those of largest cosine, by blocks as by hand, and the same by either engine', async () => {
  const n = 4200; // three blocks of 2,048
  const random = normals(7);
  const rows = Float32Array.from({ length: n * 6 }, () => random());
  rows.copyWithin(4150 * 6, 17 * 6, 18 * 6); // equal rows in two blocks
  for (let at = 20; at < 30; at++) rows.copyWithin(at * 6, 17 * 6, 18 * 6); // more than eight are as near to these
  rows.fill(0, 99 * 6, 100 * 6);
  const original = rows.slice();
  const { each, place, similarity } = await findNeighbours(rows, n, 6, createMatrixProducts(1));
  assert.equal(each, 8);
  const lengths = Array.from({ length: n }, (_, row) =>
    Math.hypot(...original.subarray(row * 6, row * 6 + 6)),
  );
  const cosine = (at: number, other: number) => {
    let sum = 0;
    for (let i = 0; i < 6; i++) sum += original[at * 6 + i]! * original[other * 6 + i]!;
    return sum / (lengths[at]! || 1) / (lengths[other]! || 1);
  };
  for (const at of [0, 17, 99, 2047, 2048, 4150, 4199]) {
    const cosines = Array.from({ length: n }, (_, other) => cosine(at, other));
    const nearest = cosines.map((_, other) => other).filter((other) => other !== at);
    nearest.sort((a, b) => cosines[b]! - cosines[a]! || a - b);
    assert.deepEqual([...place.subarray(at * 8, at * 8 + 8)], nearest.slice(0, 8), `row ${at}`);
    for (let rank = 0; rank < 8; rank++) {
      // float32 sums of six products of numbers up to 1
      assert.ok(Math.abs(similarity[at * 8 + rank]! - cosines[nearest[rank]!]!) < 1e-6);
    }
  }
  for (let at = 4096; at < n; at++) {
    let nearer = 0;
    for (let other = 0; other < n; other++) {
      if (other !== at && cosine(at, other) > similarity[at * 8 + 7]! + 1e-6) nearer++;
    }
    assert.ok(nearer < 8, `${nearer} are nearer to ${at} than its last`);
  }
  const plain = await findNeighbours(original.slice(0, 2100 * 6), 2100, 6, plainMatrixProducts);
  const native = await findNeighbours(original.slice(0, 2100 * 6), 2100, 6, createMatrixProducts(1));
  assert.deepEqual(plain.place, native.place);
});

test('of fewer rows than neighbours each has all the others; one row has none', async () => {
  const few = await findNeighbours(Float32Array.of(1, 0, 1, 1, 0, 1), 3, 2, plainMatrixProducts);
  assert.equal(few.each, 2);
  assert.deepEqual([...few.place], [1, 2, 0, 2, 1, 0]);
  assert.equal((await findNeighbours(Float32Array.of(1, 2), 1, 2, plainMatrixProducts)).each, 0);
  await assert.rejects(findNeighbours(new Float32Array(5), 2, 2, plainMatrixProducts), /5 numbers are not 2/);
});

test('labels that were changed are found, all of them and nothing else, and each entry says which label it looks like', async () => {
  const { rows, features } = photosOfKinds();
  const changed = Array.from({ length: 12 }, (_, at) => at * 47 + 3);
  for (const at of changed) rows[at]!.label = `Kind ${(Math.floor(at / EACH) + 3) % KINDS}`;
  const { mislabelled, agreement } = await review({ rows, features }, plainMatrixProducts);
  assert.deepEqual(
    mislabelled.map(({ place }) => place).sort((a, b) => a - b),
    changed,
  );
  for (const { place, label, votes, own, of } of mislabelled) {
    assert.equal(label, `Kind ${Math.floor(place / EACH)}`);
    assert.ok(votes >= own && votes + own <= of && of === 8);
  }
  assert.equal(agreement.labelled, 600);
  // Each of the 12 disagrees with its nearest, and some have it as theirs.
  assert.ok(agreement.agree <= 588 && agreement.agree >= 588 - 3 * 12, `${agreement.agree}`);
});

test('a photo alone in its label is called mislabelled where its neighbours agree on another, not where each bears its own', async () => {
  const { rows, features } = photosOfKinds();
  rows[3]!.label = 'Kind O';
  const { mislabelled } = await review({ rows, features }, plainMatrixProducts);
  assert.deepEqual(
    mislabelled.map(({ place, label }) => ({ place, label })),
    [{ place: 3, label: 'Kind 0' }],
  );
  for (const [at, row] of rows.entries()) row.label = `photo ${at}`;
  const alone = await review({ rows, features }, plainMatrixProducts);
  assert.deepEqual(alone.mislabelled, []);
});

test('photos without a label are neither called mislabelled nor counted, and do not vote', async () => {
  const { rows, features } = photosOfKinds();
  for (const row of rows) if (row.label !== 'Kind 1') row.label = null;
  const { mislabelled, agreement } = await review({ rows, features }, plainMatrixProducts);
  assert.deepEqual(mislabelled, []);
  assert.deepEqual([agreement.labelled, agreement.confusions], [EACH, []]);
});

test('copies are told by ETag, pictures stored again by their cosine, and a pair is named once', async () => {
  const { rows, features } = photosOfKinds();
  const put = (to: number, from: number, noise: number) => {
    const random = normals(to);
    for (let i = 0; i < D; i++) features[to * D + i] = features[from * D + i]! * (1 + noise * random());
  };
  put(5, 100, 0);
  put(599, 100, 0);
  for (const at of [5, 100, 599]) rows[at]!.etag = 'one content';
  put(7, 200, 0.02);
  const { copies, nearDuplicates } = await review({ rows, features }, plainMatrixProducts);
  assert.deepEqual(copies, [[5, 100, 599]]);
  assert.deepEqual(nearDuplicates[0]?.places, [7, 200]);
  assert.ok((nearDuplicates[0]?.similarity ?? 0) > 0.999);
  assert.equal(new Set(nearDuplicates.map(({ places }) => places.join())).size, nearDuplicates.length);
});

test('a photo that looks like nothing else is the first outlier', async () => {
  const { rows, features } = photosOfKinds();
  const random = normals(4);
  for (let i = 0; i < D; i++) features[42 * D + i] = i % 2 ? 6 + random() : 0;
  const { outliers } = await review({ rows, features }, plainMatrixProducts);
  const [first] = outliers;
  assert.equal(first?.place, 42);
  assert.ok(first.near < first.usualNear && first.own! < first.usualOwn! && first.score > 3.5);
  assert.ok(outliers.length < 12, `${outliers.length} outliers among 600 photos`);
});

test('labels that lie in one another are the first of those that are confused', async () => {
  const { rows, features } = photosOfKinds();
  for (const [at, row] of rows.entries()) if (row.label === 'Kind 4' && at % 2) row.label = 'Kind 9';
  const { agreement } = await review({ rows, features }, plainMatrixProducts);
  const [first] = agreement.confusions;
  assert.deepEqual(first?.labels, ['Kind 4', 'Kind 9']);
  assert.ok(first.photos > 15 && first.share > 0.1 && first.share < 0.6, JSON.stringify(first));
  const untouched = agreement.byLabel.find(({ label }) => label === 'Kind 0');
  assert.deepEqual(untouched, { label: 'Kind 0', photos: 60, agree: 60 });
});

test('an even sample gives every label the same room, and small ones whole', () => {
  assert.deepEqual(shareEvenly([5, 100, 1, 100], 50), [5, 22, 1, 22]);
  assert.deepEqual(shareEvenly([5, 7], 50), [5, 7]);
  assert.deepEqual(shareEvenly([10, 10, 10], 2), [0, 1, 1]);
  const labels = new Map([
    ['a', 4],
    [null, 100],
  ]);
  const sample = new EvenSample(labels, 14);
  assert.equal(sample.size, 14);
  const taken = Array.from({ length: 104 }, (_, at) => sample.takes(at % 26 === 0 ? 'a' : null));
  assert.equal(taken.filter(Boolean).length, 14);
  assert.ok([0, 26, 52, 78].every((at) => taken[at]));
  assert.equal(sample.takes('unheard of'), false);
});

test('neighbours are written by path, eight a photo, and read back by a reader that is not the writer', async () => {
  const { rows, features } = photosOfKinds();
  const { neighbours } = await review({ rows, features }, plainMatrixProducts);
  const bytes = encodeNeighbours(rows, neighbours);
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  const read = await parquetReadObjects({ file });
  assert.equal(read.length, 600 * 8);
  const [first] = read;
  assert.deepEqual(Object.keys(first ?? {}), ['path', 'neighbour', 'rank', 'similarity']);
  for (const at of [0, 7, 8, 4799]) {
    assert.deepEqual(read[at], {
      path: rows[Math.floor(at / 8)]?.key,
      neighbour: rows[neighbours.place[at] ?? -1]?.key,
      rank: (at % 8) + 1,
      similarity: neighbours.similarity[at],
    });
  }
});

test('photos arranged by their neighbours lie beside their own kind, in the same places each time', async () => {
  const { rows, features } = photosOfKinds();
  const components = features.slice();
  const { neighbours } = await review({ rows, features }, plainMatrixProducts);
  const places = arrangeByNeighbours(neighbours, components, D);
  assert.deepEqual(arrangeByNeighbours(neighbours, components, D), places);
  const sameKind = (at: number) => {
    let [nearest, least] = [-1, Number.POSITIVE_INFINITY];
    for (let other = 0; other < rows.length; other++) {
      const apart = Math.hypot(
        places[2 * at]! - places[2 * other]!,
        places[2 * at + 1]! - places[2 * other + 1]!,
      );
      if (other !== at && apart < least) [nearest, least] = [other, apart];
    }
    return Math.floor(nearest / EACH) === Math.floor(at / EACH);
  };
  const same = rows.filter((_, at) => sameKind(at)).length;
  assert.ok(same >= 594, `${same} of 600 beside their own kind`);
  const two = arrangeByNeighbours(
    { each: 1, place: Int32Array.of(1, 0), similarity: Float32Array.of(1, 1) },
    Float32Array.of(0, 0),
    1,
  );
  assert.ok(two.every(Number.isFinite));
});
