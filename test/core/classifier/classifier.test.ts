import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createMatrixProducts } from '../../../functions/adapters/onnx-matrix.ts';
import { solveInPlace } from '../../../functions/core/classifier/cholesky.ts';
import {
  addClassRows,
  type ClassSums,
  emptyClassSums,
  joinClassSums,
  type Label,
  MOST_CLASSES,
} from '../../../functions/core/classifier/class-sums.ts';
import { type Classifier, fitClassifier, scoreRows } from '../../../functions/core/classifier/classifier.ts';
import { fitFewRows } from '../../../functions/core/classifier/few-rows.ts';
import { probabilities } from '../../../functions/core/classifier/probabilities.ts';
import { ContractBroken, ModelMismatch } from '../../../functions/core/errors.ts';
import { plainMatrixProducts as plain } from '../../../functions/core/pca/matrix.ts';
import { addRows, emptyMoments, type Moments } from '../../../functions/core/pca/moments.ts';
import { assertClose, matrixWithEigenvalues, randomRows } from '../numbers.ts';
import { mergeMoments } from '../pca/merge-moments.ts';

const native = createMatrixProducts();
const golden = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../golden/classifier/golden.json'), 'utf8'),
);
const [n, d]: [number, number] = golden.shape;
const rows = new Float32Array(new Uint8Array(Buffer.from(golden.rows, 'base64')).buffer);
const labels: Label[] = golden.labels;

/** What NumPy's float64 and this one's may differ by: the promise is 1e-8. */
const TOLERANCE = 1e-10;

for (const [name, products] of [
  ['native', native],
  ['plain', plain],
] as const) {
  test(`with ${name} products, the classifier is NumPy's`, async () => {
    const classifier = await fit(await momentsOf(rows, labels), products);
    assert.deepEqual(classifier.labels, golden.classes);
    assert.deepEqual(classifier.counts, [14, 9, 25, 3, 11]);
    assertClose(classifier.origin, golden.origin, TOLERANCE, 'origin');
    assertClose(classifier.weights, golden.weights.flat(), TOLERANCE, 'weights');
    const scores = await scoreRows(classifier, rows, n, products);
    assertClose(scores, golden.scores.flat(), TOLERANCE, 'scores');
    const shares = golden['probabilities_at_0.1'] as number[][];
    for (const [row, share] of shares.entries()) {
      assertClose(probabilities(scores.subarray(row * 5, (row + 1) * 5), 0.1), share, TOLERANCE);
    }
  });
}

test('rows taken in chunks and merged give the classifier of all of them at once', async () => {
  const whole = await fit(await momentsOf(rows, labels));
  let merged: Summed | undefined;
  for (const [from, to] of [
    [0, 5],
    [5, 6],
    [6, 40],
    [40, n],
  ] as const) {
    const part = await momentsOf(rows.subarray(from * d, to * d), labels.slice(from, to));
    if (merged === undefined) merged = part;
    else {
      joinClassSums(merged.sums, part.sums);
      merged = { ...merged, moments: mergeMoments(merged.moments, part.moments) };
    }
  }
  assert.ok(merged);
  assertSame(await fit(merged), whole);
});

test('few rows of many features, whose system is as large as their number, give the same classifier', async () => {
  // Columns of zeros change nothing but d, by which λ is divided.
  const wide = 4 * n;
  const padded = new Float32Array(n * wide);
  for (let row = 0; row < n; row++) padded.set(rows.subarray(row * d, (row + 1) * d), row * wide);
  const expected = await fit(await momentsOf(rows, labels));
  const { moments, sums } = await momentsOf(padded, labels, wide);
  const found = await fitClassifier(moments, sums, native, { lambda: (0.1 * wide) / d });
  assert.ok('classifier' in found);
  const { weights, origin } = found.classifier;
  const size = expected.labels.length;
  assertClose(weights.subarray(0, d * size), expected.weights, TOLERANCE, 'weights');
  assert.ok(weights.subarray(d * size).every((weight) => Math.abs(weight) < 1e-12));
  assertClose(origin.subarray(0, d), expected.origin, TOLERANCE, 'origin');
});

test('straight from rows fewer than features, it is the classifier of their sums', async () => {
  const [few, wide] = [60, 128];
  const features = new Float32Array(randomRows(few, wide, 5));
  const two = Array.from({ length: few }, (_, i) => ['b', 'a'][i % 2]!);
  for (const of of [two.map((label, i) => (i % 7 === 0 ? 'c' : label)), two]) {
    const { moments, sums } = await momentsOf(features, of, wide);
    const expected = await fitClassifier(moments, sums, native, { least: 1 });
    assert.ok('classifier' in expected);
    const found = await fitFewRows(moments.model, features, of, wide, native);
    assert.deepEqual(found?.labels, [...new Set(of)].sort());
    assertSame(found, expected.classifier);
    assert.equal(found.lambda, expected.classifier.lambda);
  }
  assert.equal(await fitFewRows('m', features, Array(few).fill('a'), wide, native), undefined);
  assert.equal(await fitFewRows('m', new Float32Array(few * wide), two, wide, native), undefined);
});

test('rows in any order, and labels by other names, give the same classifier', async () => {
  const whole = await fit(await momentsOf(rows, labels));
  const order = Array.from({ length: n }, (_, i) => (i * 31) % n); // 31 and 71 share no divisor
  assert.equal(new Set(order).size, n);
  const permuted = new Float32Array(order.flatMap((i) => [...rows.subarray(i * d, (i + 1) * d)]));
  // The names are in the opposite order, so the columns are.
  const renamed = order.map((i) => labels[i]?.replace(/\d/, (digit) => String(9 - Number(digit))) ?? null);
  const other = await fit(await momentsOf(permuted, renamed));
  assert.deepEqual(other.labels, ['kind 5', 'kind 6', 'kind 7', 'kind 8', 'kind 9']);
  assert.deepEqual(other.counts, [...whole.counts].reverse());
  const reversed = other.weights.map((_, at) => other.weights[at - (at % 5) + 4 - (at % 5)]!);
  assertSame({ ...other, labels: whole.labels, counts: whole.counts, weights: reversed }, whole);
});

test('photos taken out of the sums leave the classifier of the others', async () => {
  const isLeft = (i: number) => labels[i] !== 'kind 4' && i % 9 !== 0;
  const left = labels.flatMap((_, i) => (isLeft(i) ? [i] : []));
  const of = (wanted: number[]) =>
    momentsOf(
      new Float32Array(wanted.flatMap((i) => [...rows.subarray(i * d, (i + 1) * d)])),
      wanted.map((i) => labels[i]!),
    );
  const [all, others, direct] = [
    await momentsOf(rows, labels),
    await of(labels.flatMap((_, i) => (isLeft(i) ? [] : [i]))),
    await of(left),
  ];
  for (const [label, { count, sum }] of others.sums.classes) {
    const from = all.sums.classes.get(label)!;
    from.count -= count;
    for (let i = 0; i < d; i++) from.sum[i]! -= sum[i]!;
    if (from.count === 0) all.sums.classes.delete(label);
  }
  const classifier = await fit({ sums: all.sums, moments: direct.moments });
  assert.ok(!classifier.labels.includes('kind 4'));
  assertSame(classifier, await fit(direct));
});

test('a label weighs the same however many photos it has', async () => {
  const twice = labels.flatMap((label, i) => (label === 'kind 0' ? [i] : []));
  const more = new Float32Array([...rows, ...twice.flatMap((i) => [...rows.subarray(i * d, (i + 1) * d)])]);
  const one = await fit(await momentsOf(rows, labels));
  const two = await fit(await momentsOf(more, [...labels, ...twice.map(() => 'kind 0')]));
  assertClose(two.origin, one.origin, 1e-12);
  assert.deepEqual(two.counts, [28, 9, 25, 3, 11]);
});

test('two labels with three photos each are needed, and what is missing is said', async () => {
  const why = async (few: Label[]) => {
    const summed = await momentsOf(rows.subarray(0, few.length * d), few);
    const found = await fitClassifier(summed.moments, summed.sums, native);
    return 'why' in found ? found.why : undefined;
  };
  assert.equal(
    await why(['a', 'a', 'b', 'b', null, null, null]),
    'it takes 2 labels with at least 3 photos each, and no label has',
  );
  assert.equal(
    await why(['a', 'a', 'a', 'b', 'b']),
    'it takes 2 labels with at least 3 photos each, and only a has',
  );
  assert.equal(await why(['a', 'a', 'a', 'b', 'b', 'b']), undefined);
});

test('photos that are all the same make no classifier', async () => {
  const summed = await momentsOf(new Float32Array(6 * d).fill(2), ['a', 'a', 'a', 'b', 'b', 'b']);
  assert.deepEqual(await fitClassifier(summed.moments, summed.sums, native), {
    why: 'all photos have the same features',
  });
});

test('more labels than 2,000 make no classifier, wherever they are met, and take no memory', async () => {
  const names = Array.from({ length: MOST_CLASSES + 1 }, (_, i) => `label ${i}`);
  const [a, b] = [emptyClassSums(1), emptyClassSums(1)];
  const ofOne = () => {
    const sums = emptyClassSums(1);
    addClassRows(sums, ['label 0'], new Float32Array(1));
    return sums;
  };
  addClassRows(a, names.slice(0, MOST_CLASSES), new Float32Array(MOST_CLASSES));
  assert.equal(a.hasTooMany, false);
  addClassRows(b, names.slice(MOST_CLASSES), new Float32Array(1));
  joinClassSums(b, a);
  assert.deepEqual([b.hasTooMany, b.classes.size], [true, 0]);
  addClassRows(b, ['label 0'], new Float32Array(1));
  joinClassSums(b, ofOne());
  assert.equal(b.classes.size, 0);
  const c = ofOne();
  joinClassSums(c, b);
  assert.deepEqual([c.hasTooMany, c.classes.size], [true, 0]);
  assert.deepEqual(await fitClassifier(emptyMoments('m', 1), b, native), {
    why: 'there are more than 2000 labels',
  });
});

test('sums and moments of other rows, or of other features, are not taken together', async () => {
  const { moments } = await momentsOf(rows, labels);
  const fewer = await momentsOf(rows.subarray(d), labels.slice(1));
  await assert.rejects(fitClassifier(moments, fewer.sums, native), ModelMismatch);
  const wider = await momentsOf(new Float32Array(n * (d + 1)), labels, d + 1);
  await assert.rejects(fitClassifier(moments, wider.sums, native), ModelMismatch);
  assert.throws(() => addClassRows(emptyClassSums(d), ['a'], new Float32Array(d - 1)), ModelMismatch);
  assert.throws(() => joinClassSums(emptyClassSums(2), emptyClassSums(3)), ModelMismatch);
});

for (const size of [1, 63, 64, 65, 200]) {
  test(`systems of ${size} equations are solved, with one right-hand side and with several`, async () => {
    const values = Array.from({ length: size }, (_, i) => 0.01 + i);
    const { matrix } = matrixWithEigenvalues(values, size);
    for (const m of [1, 7]) {
      const wanted = randomRows(size, m, m);
      const product = await plain.multiply(matrix, wanted, size, size, m);
      assertClose(await solveInPlace(matrix.slice(), product, size, m, native), wanted, 1e-9, `x of ${m}`);
    }
  });
}

test('a matrix that is not positive definite is not solved', async () => {
  await assert.rejects(
    solveInPlace(Float64Array.of(1, 2, 2, 1), Float64Array.of(1, 1), 2, 1, native),
    new ContractBroken('column 1 of the matrix to be solved is not positive definite: -3'),
  );
  await assert.rejects(
    solveInPlace(Float64Array.of(4, 2, 2, 1), Float64Array.of(1, 1), 2, 1, native),
    new ContractBroken('column 1 of the matrix to be solved is not positive definite: 0'),
  );
});

interface Summed {
  moments: Moments;
  sums: ClassSums;
}

async function momentsOf(features: Float32Array, of: Label[], dimension = d): Promise<Summed> {
  const moments = emptyMoments('test@0123456789ab', dimension);
  await addRows(moments, features, of.length, native);
  const sums = emptyClassSums(dimension);
  addClassRows(sums, of, features);
  return { moments, sums };
}

async function fit({ moments, sums }: Summed, products = native): Promise<Classifier> {
  const found = await fitClassifier(moments, sums, products);
  assert.ok('classifier' in found, JSON.stringify(found));
  return found.classifier;
}

function assertSame(actual: Classifier, expected: Classifier): void {
  assert.deepEqual(actual.labels, expected.labels);
  assert.deepEqual(actual.counts, expected.counts);
  assertClose(actual.origin, expected.origin, 1e-12, 'origin');
  assertClose(actual.weights, expected.weights, TOLERANCE, 'weights');
}
