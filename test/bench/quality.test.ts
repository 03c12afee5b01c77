import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import sharp from 'sharp';
import { measureAccuracy, shareClassified, shareFound } from '../../bench/quality/accuracy.ts';
import { findModels } from '../../bench/quality/models.ts';
import { folderTask, sharedTasks } from '../../bench/quality/tasks.ts';
import { openSession } from '../../functions/adapters/onnx.ts';
import { createMatrixProducts } from '../../functions/adapters/onnx-matrix.ts';
import { addRows, emptyMoments } from '../../functions/core/pca/moments.ts';
import { makeFolder } from '../local/folder.ts';
import { encodeTinyModel } from '../tiny-model.ts';

const shared = join(import.meta.dirname, '../../../shared');

test('the nearest row is the one of the smallest angle, however long it is', async () => {
  const train = { labels: ['right', 'up'], features: Float32Array.of(1, 0, 0, 100) };
  // At 40°, 50°, −45° and 179°: the last is at 89° from up and 179° from right.
  const angles = [40, 50, -45, 179].map((degrees) => (degrees * Math.PI) / 180);
  const features = Float32Array.from(angles.flatMap((angle) => [5 * Math.cos(angle), 5 * Math.sin(angle)]));
  assert.equal(await shareFound(train, { labels: ['right', 'up', 'right', 'up'], features }, 2), 1);
  assert.equal(await shareFound(train, { labels: ['right', 'right', 'up', 'up'], features }, 2), 0.5);
});

test('folders of photos are told apart by a model that sees their colour; what is no photo is left out', async () => {
  const folders = { train: makeFolder(), test: makeFolder() };
  const kinds = { red: [200, 20, 20], green: [20, 200, 20], blue: [20, 20, 200] };
  for (const folder of Object.values(folders)) {
    for (const [kind, [r, g, b]] of Object.entries(kinds)) {
      mkdirSync(join(folder, kind));
      for (let n = 0; n < 4; n++) {
        const background = { r: r! + 9 * n, g: g! + 3 * n, b: b! + 5 * n };
        await sharp({ create: { width: 8 + n, height: 8, channels: 3, background } })
          .png()
          .toFile(join(folder, kind, `${n}.png`));
      }
    }
    writeFileSync(join(folder, 'red', 'notes.txt'), 'no photo');
  }
  const path = join(makeFolder(), 'tiny.onnx');
  writeFileSync(path, encodeTinyModel());
  const task = await folderTask(folders.train, folders.test);
  assert.deepEqual([task.train.length, task.test.length], [13, 13]);
  // Its blue weighs a hundredfold, so by angle red and green look nearly alike; standardized they do not.
  const { classifier, components } = await measureAccuracy(await openSession(path), task, [1, 2, 64]);
  assert.deepEqual(components.slice(1), [
    [2, 1],
    [3, 1],
  ]);
  assert.deepEqual(classifier, { top1: 1, top5: 1 });
});

test('the classifier is asked for its best label and its best five; a label that it never met counts as missed', async () => {
  const labels = [...'abcdefg'];
  const d = labels.length;
  const unit = (at: number) => Array.from({ length: d }, (_, i) => (i === at ? 1 : 0));
  const train = {
    labels: labels.flatMap((label) => [label, label, label]),
    features: Float32Array.from(labels.flatMap((_, at) => [unit(at), unit(at), unit(at)].flat())),
  };
  const moments = emptyMoments('tiny@0', d);
  await addRows(moments, train.features, train.labels.length, createMatrixProducts());
  const falling = [7, 6, 5, 4, 3, 2, 1];
  const features = Float32Array.from(['a', 'b', 'e', 'f', 'unknown'].flatMap(() => falling));
  const found = await shareClassified(moments, train, { labels: ['a', 'b', 'e', 'f', 'unknown'], features });
  assert.deepEqual(found, { top1: 1 / 5, top5: 3 / 5 });
});

test('over ../shared the fruit model is measured by weights that have not seen the photos held out', async () => {
  const weights = join(import.meta.dirname, '../../model/fruit.safetensors');
  const ids = async (overShared: boolean, given: string[]) => {
    const models = await findModels(overShared, given);
    return models
      .map(({ id }) => id.replace(/@[0-9a-f]{12}$/, ''))
      .filter((name) => !name.startsWith('mobilenetv2'));
  };
  assert.deepEqual(await ids(true, []), ['split']);
  assert.deepEqual(await ids(false, [weights]), ['verger_fruit_mobilenetv2_1.0_224', 'fruit']);
});

test('a photo that lies in no folder has no label, and is refused by name', async () => {
  const folder = makeFolder();
  writeFileSync(join(folder, 'loose.jpg'), '');
  await assert.rejects(folderTask(folder, folder), /loose\.jpg lies in no folder/);
  await assert.rejects(
    folderTask(join(folder, 'none'), folder),
    /There is no folder .*none \(--train or --test\)/,
  );
});

test('the default tasks are the splits of the training', {
  skip: existsSync(shared) ? false : 'needs ../shared/fruits-360 and ../shared/grocery-photos',
}, async () => {
  const [studio, phone] = await sharedTasks();
  const sizes = [studio, phone].map((task) => {
    assert.ok(task);
    const labels = [task.train, task.test].map((photos) => new Set(photos.map(({ label }) => label)).size);
    return [task.train.length, task.test.length, ...labels];
  });
  // As evaluate.py prints them; every label is on both sides.
  assert.deepEqual(sizes[0], [1380, 2300, 23, 23]);
  assert.deepEqual(sizes[1]?.slice(0, 3), [712, 430, 28]);
  // The frames of a spin follow on each other: about the fruit's own axis first, in the order of numbers.
  const kiwi = studio!.train.filter(({ label }) => label === 'Kiwi').map(({ path }) => basename(path));
  assert.equal(kiwi.length, 60);
  const numbers = kiwi.filter((name) => !name.startsWith('r')).map((name) => Number.parseInt(name, 10));
  assert.deepEqual(
    numbers,
    numbers.toSorted((a, b) => a - b),
  );
});
