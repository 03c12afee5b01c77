/** The packages for arm64, run as Lambda runs them but on an emulated processor, do what the source tree does here. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { FeatureItem } from '../../functions/core/ports.ts';
import { type Deployment, deploy, SOURCE, sourceFillers } from './deployment.ts';
import { fillTable, readTable, reduceTable } from './job.ts';
import { gatherPhotos } from './photos.ts';
import { findQemu } from './qemu.ts';
import { fetchNode } from './runtime-packages.ts';

const qemu = findQemu();
const skip = qemu.skip || (process.arch === 'arm64' ? 'this machine is arm64 itself' : false);

/** Few beside the HEICs: an emulated processor takes seconds for each. */
const PHOTOS = 8;

/**
 * What the model's own tests allow. Nearly all of it is the resize inside the graph: it rounds to whole levels, and
 * of 150,528 values none to three lie so close to a half that the two processors round them apart, as arm64
 * multiplies and adds in one step. One level of one pixel moves features, which lie between 0 and 6, by up to 0.002.
 */
const LARGEST_DIFFERENCE = 0.01;
const LEAST_COSINE = 0.999999;
/** Where all pixels agree: float32 sums in another order. */
const ROUNDING = 1e-4;

suite('the packages for arm64, emulated', { skip }, () => {
  let deployment: Deployment;

  before(async () => {
    const command = qemu.command;
    const photos = [...(await gatherPhotos())].filter(
      ([key], index, all) => index % Math.ceil(all.length / PHOTOS) === 0 || key.endsWith('.heic'),
    );
    deployment = await deploy('arm64', [...command, await fetchNode('arm64')], new Map(photos));
  });
  after(() => deployment?.stop());

  test('find no cores in /sys, as on Lambda, and start all the same', async () => {
    for (const lambda of deployment.lambdas.values()) await lambda.ready;
    assert.match(
      deployment.lambdas.get('featurize')!.logs(),
      /failed to parse both lists of possible and present/,
    );
  });

  test('leave the items that the source tree leaves, with features equal to float32 rounding', async (t) => {
    const { told, services, invoke, table } = deployment;
    const filled = await fillTable(invoke, told, services);
    assert.deepEqual(filled, await fillTable(await sourceFillers(deployment), told, services));

    const items = await readTable(table);
    const expected = await readTable(SOURCE.table);
    assert.deepEqual([...items.values()].map(withoutFeatures), [...expected.values()].map(withoutFeatures));
    const pairs = [...items].flatMap(([key, item]) => featuresOf(item, expected.get(key)!));
    const differences = pairs.map(largestDifference);
    const cosines = pairs.map(cosine);
    t.diagnostic(
      `largest difference of a feature, by photo: ${differences.map((d) => d.toExponential(1)).join(', ')}`,
    );
    t.diagnostic(`least cosine: 1 - ${(1 - Math.min(...cosines)).toExponential(1)}`);
    assert.ok(pairs.length >= 4);
    assert.ok(Math.min(...differences) < ROUNDING);
    assert.ok(Math.max(...differences) < LARGEST_DIFFERENCE);
    assert.ok(Math.min(...cosines) > LEAST_COSINE);
  });

  test('write a snapshot whose PCA explains what the one of the source tree explains', async () => {
    const { invoke, table, snapshots, source } = deployment;
    const { result, files } = await reduceTable(invoke, snapshots);
    const reduce = await source('reduce', {
      FEATURES_TABLE: table,
      SNAPSHOT_BUCKET: SOURCE.bucket,
      SNAPSHOT_DAYS: '90',
    });
    const expected = await reduceTable((_, event) => reduce(event), SOURCE.bucket);
    assert.deepEqual([...files.keys()], [...expected.files.keys()]);
    // Both sum the same float64 products, in another order.
    for (const [index, share] of expected.result.explainedVarianceRatio.entries()) {
      assert.ok(Math.abs(result.explainedVarianceRatio[index]! - share) < 1e-9);
    }
  });
});

function withoutFeatures(item: FeatureItem) {
  return item.kind === 'featurized' ? { ...item, features: item.features.length } : item;
}

type Pair = readonly [Float32Array, Float32Array];

function featuresOf(item: FeatureItem, expected: FeatureItem): Pair[] {
  if (item.kind !== 'featurized' || expected.kind !== 'featurized') return [];
  return [[item.features, expected.features]];
}

function largestDifference([a, b]: Pair): number {
  return Math.max(...a.map((value, index) => Math.abs(value - b[index]!)));
}

function cosine([a, b]: Pair): number {
  const dot = (x: Float32Array, y: Float32Array) =>
    x.reduce((sum, value, index) => sum + value * y[index]!, 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}
