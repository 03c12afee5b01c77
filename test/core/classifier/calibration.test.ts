import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { createMatrixProducts } from '../../../functions/adapters/onnx-matrix.ts';
import {
  type Calibration,
  calibrate,
  leastConfidence,
} from '../../../functions/core/classifier/calibration.ts';
import { addClassRows, emptyClassSums } from '../../../functions/core/classifier/class-sums.ts';
import { type Classifier, fitClassifier, scoreRows } from '../../../functions/core/classifier/classifier.ts';
import { classifierFacts, encodeClassifierOnnx } from '../../../functions/core/classifier/classifier-onnx.ts';
import { halvesByKey, halvesByLikeness } from '../../../functions/core/classifier/folds.ts';
import { toVectors } from '../../../functions/core/classifier/neighbour-index.ts';
import {
  calibrationError,
  fitTemperature,
  probabilities,
} from '../../../functions/core/classifier/probabilities.ts';
import { runTrial, type TrialRows } from '../../../functions/core/classifier/trial.ts';
import { ContractBroken } from '../../../functions/core/errors.ts';
import { decodeModelMetadata } from '../../../functions/core/onnx/onnx-graph.ts';
import { addRows, emptyMoments } from '../../../functions/core/pca/moments.ts';
import { normals } from '../numbers.ts';
import { visits } from './visits.ts';

const products = createMatrixProducts(1);
const d = 20;

test('the temperature found is the one that labels were drawn at', () => {
  const next = normals(5);
  const scores: Float64Array[] = [];
  const classes: number[] = [];
  for (let i = 0; i < 4000; i++) {
    const row = Float64Array.from({ length: 4 }, () => 0.3 * next());
    scores.push(row);
    // The largest of scores with Gumbel's noise is drawn by their softmax; -log of an exponential is Gumbel's.
    const noisy = row.map((score) => score / 0.2 - Math.log((next() ** 2 + next() ** 2) / 2));
    classes.push(noisy.indexOf(Math.max(...noisy)));
  }
  // 4,000 draws tell the temperature to some percent.
  const temperature = fitTemperature(scores, classes);
  assert.ok(Math.abs(temperature - 0.2) < 0.015, `${temperature}`);
});

test('the calibration error is what confidence and right answers are apart, bin by bin', () => {
  const answers = [
    ...Array.from({ length: 6 }, (_, i) => ({ confidence: 0.95, isRight: i < 3 })),
    ...Array.from({ length: 4 }, (_, i) => ({ confidence: 0.55, isRight: i < 3 })),
  ];
  // (6·|0.95 − 0.5| + 4·|0.55 − 0.75|) / 10
  assert.ok(Math.abs(calibrationError(answers) - 0.35) < 1e-12);
  assert.equal(calibrationError([]), 0);
  assert.equal(calibrationError([{ confidence: 1, isRight: true }]), 0);
});

test('a trial in halves tells what photos of another day bring, where folds drawn at random would not', async () => {
  const { calibration, random } = await calibrated();
  const [byKey, byLikeness] = calibration.validation;
  assert.equal(byKey?.halves, 'contiguous halves of each label in natural key order');
  assert.equal(byKey?.rows, 360);
  assert.equal(byLikeness?.rows, 360);
  assert.ok(random > 0.97, `random halves: ${random}`);
  assert.ok(byKey.accuracy < 0.85 && byKey.accuracy > 0.3, `by key: ${byKey.accuracy}`);
  assert.ok(byLikeness.accuracy < 0.85, `by likeness: ${byLikeness.accuracy}`);
  // Pooled over both trials: each may be off by what they differ.
  assert.ok(byKey.calibrationError < 0.15, `${byKey.calibrationError}`);
  const { confidence, similarity } = calibration.thresholds;
  assert.ok(confidence >= 0.2 && confidence <= 1);
  assert.ok(similarity > 0 && similarity < 1, `${similarity}`);
});

test('the share among five is that of photos whose label has at most four before it', async () => {
  const { calibration, rows, labels } = await calibrated(0, 15);
  const { asked } = await runTrial(halvesByKey(rows), labels, rows, products);
  const place = ({ scores, own }: (typeof asked)[number]) =>
    [...scores.keys()].sort((a, b) => scores[b]! - scores[a]!).indexOf(own);
  const [byKey] = calibration.validation;
  assert.equal(byKey?.topFive, asked.filter((photo) => place(photo) < 5).length / 900);
  assert.equal(byKey.accuracy, asked.filter((photo) => place(photo) === 0).length / 900);
  assert.ok(byKey.topFive < 1 && byKey.topFive > byKey.accuracy);
});

test('a photo is known that is as similar as 95 of 100 in the trials, or as 80 of 100 to another label', async () => {
  const { calibration, rows } = await calibrated();
  const { classes, vectors } = rows;
  /** Of each photo, the largest cosine to one that may answer for it, ascending. */
  const nearest = (answers: (asked: number, told: number) => boolean) =>
    Array.from(classes, (_, asked) => {
      const cosines = Array.from(classes, (_, told) => {
        let sum = 0;
        for (let i = 0; i < d; i++) sum += vectors[asked * d + i]! * vectors[told * d + i]!;
        return answers(asked, told) ? sum : -1;
      });
      return Math.max(...cosines);
    }).sort((a, b) => a - b);
  const [byKey, byLikeness] = [halvesByKey(rows), halvesByLikeness(rows)];
  const trials = [byKey, byLikeness].flatMap((halves) =>
    nearest((asked, told) => halves[asked] !== halves[told]),
  );
  const others = nearest((asked, told) => classes[asked] !== classes[told]);
  const expected = Math.min(trials.sort((a, b) => a - b)[0.05 * 720]!, others[0.2 * 360]!);
  // Products of 20 float32 numbers.
  assert.ok(Math.abs(calibration.thresholds.similarity - expected) < 1e-6, `${expected}`);
});

test('an answer is believed from where answers about as sure are not wrong more often than right', () => {
  const answers = (confidence: number, right: number, wrong: number) =>
    Array.from({ length: right + wrong }, (_, i) => ({ confidence, isRight: i < right }));
  assert.equal(leastConfidence([]), 0.2);
  assert.equal(leastConfidence([...answers(0.22, 3, 0), ...answers(0.9, 3, 0)]), 0.2);
  assert.equal(leastConfidence(answers(0.5, 2, 2)), 0.2, 'right as often as wrong');
  assert.equal(leastConfidence(answers(0.52, 2, 3)), 0.65, '0.6 is near');
  assert.equal(
    leastConfidence([...answers(0.31, 2, 3), ...answers(0.44, 9, 0)]),
    0.35,
    'others outweigh them at 0.4',
  );
  assert.equal(leastConfidence([...answers(0.9, 0, 1), ...answers(0.5, 9, 0)]), 1, 'none surer is right');
  assert.equal(leastConfidence(answers(0.1, 0, 1)), 0.25, 'a tenth less than 0.2 is near');
});

test('where there is one label, every photo is of a known kind', async () => {
  const features = new Float32Array(4 * d).fill(1);
  const classes = new Int32Array(4);
  const rows = {
    keys: ['a/1', 'a/2', 'a/3', 'a/4'],
    classes,
    features,
    dimension: d,
    vectors: features,
    width: d,
  };
  assert.equal((await calibrate(['a'], rows, products)).thresholds.similarity, -1);
});

test('the same rows give the same calibration to the bit', async () => {
  assert.deepEqual((await calibrated()).calibration, (await calibrated()).calibration);
});

test('photos that are all alike, and single ones of a label, do not stop a calibration', async () => {
  const classes = Int32Array.of(0, 0, 0, 1);
  const features = new Float32Array(4 * d).fill(1);
  const rows = {
    keys: ['a/1', 'a/2', 'a/3', 'b/1'],
    classes,
    features,
    dimension: d,
    vectors: features,
    width: d,
  };
  const { temperature, thresholds } = await calibrate(['a', 'b'], rows, products);
  assert.ok(
    temperature > 0 && Number.isFinite(thresholds.similarity) && Number.isFinite(thresholds.confidence),
  );
});

test('classifier.onnx gives the probabilities of float64 to the rounding of float32, at a large mean too', async () => {
  for (const mean of [0, 3000]) {
    const { classifier, features, calibration } = await calibrated(mean);
    const n = features.length / d;
    const file = encodeClassifierOnnx(classifier, calibration, 'a-snapshot');
    const session = await InferenceSession.create(file);
    const { probabilities: found } = await session.run({ features: new Tensor(features, [n, d]) });
    assert.deepEqual(found?.dims, [n, 6]);
    const scores = await scoreRows(classifier, features, n, products);
    let worst = 0;
    for (let row = 0; row < n; row++) {
      const expected = probabilities(scores.subarray(row * 6, row * 6 + 6), calibration.temperature);
      for (let c = 0; c < 6; c++) {
        worst = Math.max(worst, Math.abs(expected[c]! - Number(found.data[row * 6 + c])));
      }
    }
    // 20 products of some units in float32, divided by a temperature of a tenth.
    assert.ok(worst < 1e-5, `${worst}`);

    assert.deepEqual(classifierFacts(decodeModelMetadata(file)), {
      model: 'test@0123456789ab',
      snapshot: 'a-snapshot',
      labels: classifier.labels,
      counts: [60, 60, 60, 60, 60, 60],
      lambda: 0.1,
      temperature: calibration.temperature,
      thresholds: calibration.thresholds,
      validation: calibration.validation,
    });
  }
  assert.throws(
    () => classifierFacts({ model: 'm' }),
    new ContractBroken('classifier.onnx has no snapshot in its metadata'),
  );
});

test('what an origin loses as float32 is made good in classifier.onnx', async () => {
  // 2^24 + 1 is no float32: the origin is stored as 1 less, which a weight of 3 would make 3 in the score.
  const classifier = {
    model: 'test@0123456789ab',
    dimension: 2,
    labels: ['a', 'b'],
    counts: [3, 3],
    origin: Float64Array.of(2 ** 24 + 1, 0),
    weights: Float64Array.of(3, 0, 0, 2),
    lambda: 0.1,
  };
  const thresholds = { confidence: 0.5, similarity: 0 };
  const file = encodeClassifierOnnx(classifier, { temperature: 4, thresholds, validation: [] }, 's');
  const session = await InferenceSession.create(file);
  const rows = Float32Array.of(2 ** 24 + 2, 0, 2 ** 24 + 2, 2);
  const { probabilities: found } = await session.run({ features: new Tensor(rows, [2, 2]) });
  // Scores 3 and 0, then 3 and 4: a's probability is 1 / (1 + e^((b − a) / 4)).
  const expected = [-3, 1].flatMap((apart) => [
    1 / (1 + Math.exp(apart / 4)),
    1 / (1 + Math.exp(-apart / 4)),
  ]);
  for (const [i, value] of expected.entries()) {
    assert.ok(Math.abs(Number(found?.data[i]) - value) < 1e-6, `${found?.data[i]} is not ${value}`);
  }
});

/** Photos of some labels from 2 days each, 30 a day: a day shifts all its photos of a label by as much as labels differ. */
async function calibrated(
  mean = 0,
  kinds = 6,
): Promise<{
  calibration: Calibration;
  classifier: Classifier;
  features: Float32Array;
  random: number;
  rows: TrialRows;
  labels: string[];
}> {
  const all = Array.from({ length: kinds }, (_, label) => visits(30, 2, 100 + label));
  const features = new Float32Array(all.flatMap((of) => [...of.features])).map((value) => value + mean);
  const classes = Int32Array.from({ length: 60 * kinds }, (_, row) => Math.floor(row / 60));
  const labels = Array.from({ length: kinds }, (_, label) => `kind ${label}`);
  const keys = Array.from(classes, (label, row) => `kind ${label}/${row}.jpg`);
  const moments = emptyMoments('test@0123456789ab', d);
  await addRows(moments, features, classes.length, products);
  const sums = emptyClassSums(d);
  addClassRows(
    sums,
    Array.from(classes, (label) => labels[label]!),
    features,
  );
  const fit = await fitClassifier(moments, sums, products);
  assert.ok('classifier' in fit);
  const vectors = await toVectors(features, classes.length, d, undefined, products);
  const rows = { keys, classes, features, dimension: d, vectors, width: d };
  const calibration = await calibrate(labels, rows, products);
  // The folds that Verger does not use: every other photo.
  const scrambled = { ...rows, keys: keys.map((key, row) => `${key.split('/')[0]}/${row % 2}${key}`) };
  const random = (await calibrate(labels, scrambled, products)).validation[0]?.accuracy ?? 0;
  return { calibration, classifier: fit.classifier, features, random, rows, labels };
}
