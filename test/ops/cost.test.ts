import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { scanParameters } from '../../functions/adapters/dynamodb.ts';
import { toItem } from '../../functions/adapters/feature-item.ts';
import { VERGER } from '../../ops/cost/assumptions.ts';
import { rangesWhere } from '../../ops/cost/break-even.ts';
import { CLUSTER_PLANS } from '../../ops/cost/clusters.ts';
import { describeCost } from '../../ops/cost/report.ts';
import { describeScale, phasesOf, SCALE, scaleLines } from '../../ops/cost/scale.ts';
import { featurizeLines, keepLines, reduceLines } from '../../ops/cost/verger.ts';

const { OVER_HTTP } = createRequire(import.meta.url)('../../functions/stack/identify.cjs') as {
  OVER_HTTP: object;
};

const ROOT = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8');
const sumOf = (lines: { usd: number }[]) => lines.reduce((sum, { usd }) => sum + usd, 0);

/** Money is compared to a hundredth of a cent. */
function assertUsd(actual: number | undefined, expected: number): void {
  assert.ok(Math.abs((actual ?? Number.NaN) - expected) < 1e-4, `${actual} should be ${expected}`);
}

test("docs/cost.md holds the command's own output, and no figure that is not in it", () => {
  const page = read('docs/cost.md');
  const blocks = [
    ...page.matchAll(
      /```text\n\$ npm run cost -- --photos (\d+) --reduces-per-month (\d+)\n([\s\S]*?)\n```/g,
    ),
  ];
  assert.equal(blocks.length, 2);
  for (const [, photos, reducesPerMonth, output] of blocks) {
    assert.equal(output, describeCost({ photos: Number(photos), reducesPerMonth: Number(reducesPerMonth) }));
  }
  const [summary = ''] = page.split('## A reduce every day');
  const figures = [...summary.matchAll(/`([\d,.]+)`/g)].map(([, figure]) => figure ?? '');
  assert.ok(figures.length > 8);
  const outputs = blocks.map(([, , , output]) => output).join('\n');
  for (const figure of figures)
    assert.match(outputs, new RegExp(`(^| )${figure.replaceAll('.', '\\.')}( |$)`, 'm'));
});

test("docs/scale.md holds the command's own output", () => {
  const [, sizes = '', output] =
    /```text\n\$ npm run cost -- --scale ([\d,]+)\n([\s\S]*?)\n```/.exec(read('docs/scale.md')) ?? [];
  assert.equal(output, describeScale(sizes.split(',').map(Number)));
});

test('a large reduce takes what an independent reckoning says', () => {
  const [gather, split, assemble] = phasesOf(100e6);
  assert.equal(gather?.tasks, 763);
  // 1.32 units × 100 million at 40,000 a second are 3,300 s; beside that, tasks start and write.
  assert.ok(gather!.wall > 3300 && gather!.wall < 1.5 * 3300, `${gather?.wall}`);
  assertUsd(split?.seconds, 2 + (763 * 381) / 1500);
  assert.equal(assemble?.tasks, 382);
  const cost = Object.fromEntries(scaleLines(100e6).map(({ what, usd }) => [what, usd]));
  assertUsd(cost['DynamoDB, reading'], 18.678);
  assertUsd(cost['S3, reading'], (3 * 763 * 382 + 12_100) * 0.4e-6);
  assertUsd(cost['Step Functions'], (2 * (763 + 2 * 382) + 8) * 25e-6);
});

test('a million photos of 350 pixels cost what an independent reckoning says', () => {
  const cost = Object.fromEntries(featurizeLines(1e6, 'small').map(({ what, usd }) => [what, usd]));
  // (30 + 2 × (1.4 + 3.4) + 10 + 10) ms × 1769 / 1024 GB × 13.3334 USD a million GB-seconds
  assertUsd(cost['Lambda, time'], 1.37285);
  assertUsd(cost['Lambda, requests'], 0.2);
  assertUsd(cost['S3, reading the photo'], 0.4);
  assertUsd(cost['DynamoDB, writing'], 4.23);
  assertUsd(cost.Logs, 0.69011);
  assertUsd(sumOf(keepLines(1e6)), 2.52966); // 5.029 GB × 0.503
});

test('each reduce reads the whole table, so that its cost grows with photos and with reduces', () => {
  // 30 × (100,000 × 1.32 × 0.1415 / million + 35 s × 3.455 GB × 13.3334 / million), and for 12,220 photos of the report
  // 30 × 12,220 × (0.4 / million + 0.006 s × 3.455 GB × 13.3334 / million)
  assertUsd(sumOf(reduceLines(100_000, 30)), 0.60871 + 0.24797);
  assertUsd(sumOf(reduceLines(100_000, 60)), 2 * (0.60871 + 0.24797));
  assertUsd(sumOf(reduceLines(1000, 1)), 1000 * 0.6764e-6 + 0.00065898);
});

test('clusters cost their nodes, machine and fee, for the hours that they are on', () => {
  const workload = { photos: 500_000, reducesPerMonth: 1 };
  const cost = Object.fromEntries(CLUSTER_PLANS.map((plan) => [plan.name, plan.cost(workload).usd]));
  assertUsd(cost['EMR 3 × m5.xlarge, always on'], 573.78);
  assertUsd(cost['Databricks 2 workers, always on'], 1957.86);
  // 0.25 h to start, 500,000 × 39.6 ms and 135 s of two vCPUs on 8 vCPUs; 3 × 0.262 USD an hour
  assertUsd(
    cost['EMR 3 × m5.xlarge, started for each reduce, new photos'],
    (0.25 + (500_000 * 0.0396 + 270) / 8 / 3600) * 3 * 0.262,
  );
});

test('ranges are found wherever they begin and end', () => {
  const where = (holds: (n: number) => boolean) => rangesWhere(holds, 2 ** 20);
  assert.deepEqual(
    where(() => false),
    [],
  );
  assert.deepEqual(
    where(() => true),
    [{ from: 1, to: 2 ** 20 }],
  );
  assert.deepEqual(
    where((n) => n >= 14_642),
    [{ from: 14_642, to: 2 ** 20 }],
  );
  assert.deepEqual(
    where((n) => n <= 7),
    [{ from: 1, to: 7 }],
  );
  assert.deepEqual(
    where((n) => n >= 100 && n < 5000),
    [{ from: 100, to: 4999 }],
  );
});

test('an item is as large as the reckoning has it', () => {
  const item = toItem({
    kind: 'featurized',
    key: 'fruits/Apple Golden 3/12_100.jpg',
    sequencer: '0055AED6DCD90281E5',
    etag: 'd41d8cd98f00b204e9800998ecf8427e',
    label: 'Apple Golden 3',
    model: 'mobilenetv2_1.0_224@c50e6cf88f8b',
    features: new Float32Array(1280),
    width: 100,
    height: 100,
    bytes: 5790,
    featurizedAt: '2026-11-21T02:14:59.327Z',
  });
  // DynamoDB counts names and values in bytes, and a number as half its digits and one.
  const bytes = Object.entries(item).reduce(
    (sum, [name, { S, B, N }]) =>
      sum + name.length + (S?.length ?? B?.byteLength ?? 1 + Math.ceil((N?.length ?? 0) / 2)),
    0,
  );
  assert.ok(bytes <= VERGER.itemBytes && bytes > VERGER.itemBytes - 100, `${bytes}`);
  assert.equal(VERGER.writeUnits, Math.ceil(bytes / 1024));
  const unitsPer4Kb = scanParameters('table', 0, 1).ConsistentRead ? 1 : 0.5;
  assert.ok(Math.abs(VERGER.readUnits - (unitsPer4Kb * VERGER.itemBytes) / 4096) < 0.005);
});

test('what serverless.yml says, the reckoning takes', () => {
  const stack = read('serverless.yml');
  const number = (pattern: RegExp) => Number(pattern.exec(stack)?.[1]);
  assert.equal(VERGER.featurizeGb, number(/\n {2}featurize:[\s\S]*?memorySize: (\d+)/) / 1024);
  assert.equal(VERGER.reduceGb, number(/\n {2}reduce:[\s\S]*?memorySize: (\d+)/) / 1024);
  assert.equal(VERGER.snapshotDays, number(/snapshotDays: (\d+)/));
  const resources = readdirSync(new URL('functions/stack', ROOT)).filter((name) => name.endsWith('.yml'));
  const count = (type: string) =>
    resources.reduce(
      (sum, name) => sum + read(`functions/stack/${name}`).split(`Type: ${type}\n`).length - 1,
      0,
    );
  const functions = stack.match(/^ {4}handler: /gm)?.length ?? 0;
  const overHttp = Object.keys(OVER_HTTP).length; // deployed only where it is asked for
  const ofEachFunction = read('functions/stack/alarms.yml').split('lost-events.cjs').length - 1;
  const ofExecutions = read('functions/stack/alarms.yml').match(/MetricName: Executions/g)?.length ?? 0;
  assert.equal(ofExecutions, 3);
  const alarms = count('AWS::CloudWatch::Alarm') + ofEachFunction * (functions - overHttp) + ofExecutions - 1;
  assert.equal(VERGER.alarms, alarms, 'an alarm costs as much as metrics that it watches');
  assert.equal(VERGER.reduceMaxRows, number(/reduceRowsInOneFunction: (\d+)/));
  assert.equal(SCALE.concurrency, number(/reduceConcurrency: (\d+)/));
  assert.equal(VERGER.dashboards, count('AWS::CloudWatch::Dashboard'));
});
