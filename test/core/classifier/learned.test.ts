/** What becomes of photos that the model was trained on: they are told, and not asked about. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { findModels } from '../../../bench/quality/models.ts';
import { SHARED, sharedTasks } from '../../../bench/quality/tasks.ts';
import learned from '../../../functions/adapters/learned.json' with { type: 'json' };
import { createMatrixProducts } from '../../../functions/adapters/onnx-matrix.ts';
import { calibrate, ENOUGH_NEW } from '../../../functions/core/classifier/calibration.ts';
import { collectionOf, learnedBy } from '../../../functions/core/classifier/learned.ts';
import type { TrialRows } from '../../../functions/core/classifier/trial.ts';
import { findPhotos } from '../../../local/run/photos.ts';
import { readFruitManifest } from '../../../model/fruit.ts';
import { normals } from '../numbers.ts';

const products = createMatrixProducts(1);
const md5 = (bytes: string | Uint8Array) => createHash('md5').update(bytes).digest('hex');
const validation = [{ halves: 'in training', rows: 9, accuracy: 0.5, topFive: 0.9, calibrationError: 0.01 }];

test('a photo is known by the first four bytes of its ETag where that is an MD5, and by nothing else', () => {
  const prefixes = (...texts: string[]) =>
    Buffer.concat(texts.map((text) => Buffer.from(md5(text), 'hex').subarray(0, 4))).toString('base64');
  const file = {
    models: { 'm@1': ['one', 'two'], 'm@2': ['one'] },
    collections: [
      {
        temperature: 0.2,
        confidence: 0.4,
        validation,
        photos: { one: prefixes('a', 'b'), two: prefixes('c') },
      },
      { temperature: 0.1, confidence: 0.3, validation: [], photos: { one: prefixes('d') } },
    ],
  };
  const places = (model: string) =>
    ['a', 'b', 'c', 'd', 'e'].map((text) => collectionOf(md5(text), learnedBy(file, model)!));
  assert.deepEqual(places('m@1'), [0, 0, 0, 1, -1]);
  assert.deepEqual(places('m@2'), [0, 0, -1, 1, -1]);
  assert.equal(learnedBy(file, 'm@3'), undefined);
  assert.deepEqual(learnedBy(file, 'm@1')![0]!.calibration, {
    temperature: 0.2,
    confidence: 0.4,
    validation,
  });
  const endsLikeOne = `${md5('a').slice(0, 8)}/${md5('a')}`;
  for (const other of [endsLikeOne, `${md5('a')}-2`, md5('a').toUpperCase(), md5('a').slice(0, 8), '']) {
    assert.equal(collectionOf(other, learnedBy(file, 'm@1')!), -1, other);
  }
});

describe('of a snapshot in part learned', () => {
  const collections = [0.31, 0.17].map((temperature) => ({
    prefixes: new Set<number>(),
    calibration: { temperature, confidence: 0.35, validation },
  }));
  const calibrated = (isLearned: (row: number) => number) => {
    const { rows, labels } = photos(400);
    const places = Int8Array.from(rows.classes, (_, row) => isLearned(row));
    return calibrate(labels, { ...rows, learned: places }, products, collections);
  };

  test('photos that are not learned are asked about, while there are 200 of them or as many as of the others', async () => {
    const plain = await calibrate(photos(400).labels, photos(400).rows, products);
    for (const [count, rows] of [
      [0, 400],
      [200, 200],
      [201, 199], // fewer than 200, and than the learned
    ] as const) {
      const found = await calibrated((row) => (row % 400 < count ? 0 : -1));
      if (count === 201) {
        assert.deepEqual(found.learned, { photos: 201, asked: 'photos of the training' });
        continue;
      }
      assert.deepEqual(found.learned, { photos: count, asked: 'photos of this snapshot' });
      assert.deepEqual(
        found.validation.map((trial) => trial.rows),
        [rows, rows],
      );
      if (count === 0) assert.deepEqual(found, { ...plain, learned: found.learned });
      else assert.notEqual(found.temperature, plain.temperature);
    }
    assert.equal(ENOUGH_NEW, 200);
    assert.equal(plain.learned, undefined);
  });

  test('fewer are enough where the learned are fewer still', async () => {
    const { rows, labels } = photos(60);
    const few = { ...rows, learned: Int8Array.from(rows.classes, (_, row) => (row < 30 ? 0 : -1)) };
    const found = await calibrate(labels, few, products, collections);
    assert.deepEqual(found.learned, { photos: 30, asked: 'photos of this snapshot' });
  });

  test('where too few are left, temperature and confidence are those of the collection of most, and likeness is judged as ever', async () => {
    const plain = await calibrate(photos(400).labels, photos(400).rows, products);
    const found = await calibrated((row) => (row < 390 ? Number(row % 3 > 0) : -1));
    assert.deepEqual(found, {
      temperature: 0.17,
      thresholds: { confidence: 0.35, similarity: plain.thresholds.similarity },
      validation,
      learned: { photos: 390, asked: 'photos of the training' },
    });
    assert.equal((await calibrated((row) => (row < 390 ? Number(row % 3 === 0) : -1))).temperature, 0.31);
  });
});

test('learned.json is of the weights in this repository', async () => {
  const { name, onnx } = readFruitManifest();
  const split = (await findModels(true, [])).at(-1)!;
  assert.deepEqual(Object.keys(learned.models), [`${name}@${onnx.sha256.slice(0, 12)}`, split.id]);
});

test('it has every photo that they were trained on, and none that the split holds out', {
  skip: existsSync(SHARED) ? false : 'needs ../shared',
}, async () => {
  const [box, split] = Object.keys(learned.models).map((model) => learnedBy(learned, model)!);
  const counts = async (paths: string[], of = split!) => {
    const places = paths.map((path) => collectionOf(md5(readFileSync(path)), of));
    return [-1, 0, 1].map((place) => places.filter((found) => found === place).length);
  };
  const paths = (photos: readonly { path: string }[]) => photos.map(({ path }) => path);
  const all = async (...folders: string[]) => {
    const found = await Promise.all(folders.map((folder) => findPhotos(join(SHARED, folder))));
    return paths(found.flatMap(({ photos }) => photos));
  };
  const studio = await all('fruits-360/sample', 'fruits-360/more');
  assert.deepEqual(await counts(await all('grocery-photos/train'), box), [0, 1142, 0]);
  assert.deepEqual(await counts(await all('grocery-photos/train')), [430, 712, 0]);
  assert.deepEqual(await counts(studio, box), [0, 0, 16_000]);
  assert.deepEqual(await counts(studio), [4600, 0, 11_400]);
  const phone = (await sharedTasks()).find(({ title }) => title.includes('phone'))!;
  assert.deepEqual(await counts(paths(phone.test)), [430, 0, 0]);
});

/** Rows of four labels about their centres, in the order of their keys. */
function photos(count: number): { rows: TrialRows; labels: string[] } {
  const d = 6;
  const next = normals(4);
  const centres = Float64Array.from({ length: 4 * d }, () => next());
  const classes = Int32Array.from({ length: count }, (_, row) => row % 4);
  const features = new Float32Array(count * d);
  for (let at = 0; at < features.length; at++) {
    features[at] = centres[(Math.floor(at / d) % 4) * d + (at % d)]! + 0.9 * next();
  }
  const keys = Array.from({ length: count }, (_, row) => `k/${row}`);
  const rows = { keys, classes, features, dimension: d, vectors: features, width: d };
  return { rows, labels: ['a', 'b', 'c', 'd'] };
}
