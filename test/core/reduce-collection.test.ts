/** Snapshots of one collection: of the photos whose keys begin with a prefix. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import type { FeatureItem, LatestSnapshot } from '../../functions/core/ports.ts';
import { tableIn } from '../../functions/core/snapshot/collection.ts';
import { commitKey } from '../../functions/core/snapshot/delta/actions.ts';
import { readState } from '../../functions/core/snapshot/delta/read-state.ts';
import { collectionFolder } from '../../functions/core/snapshot/layout.ts';
import { escapeText } from '../../functions/report/page/html.ts';
import { renderReport } from '../../functions/report/page/report.ts';
import { reportDataOf } from '../../functions/report/page/report-data-of.ts';
import { MemorySnapshots, MemoryTable, StillClock } from '../memory.ts';
import { erased, featurized, portsFor, reduceAsAsked, refused, tableOf } from './reduce-fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'verger-test-'));
after(() => rmSync(folder, { recursive: true }));

const D = 6;
const DAY = 24 * 3600 * 1000;
const START = Date.UTC(2026, 0, 2);

/** Photos of two shops, one named as the beginning of the other; and of none. */
const phone = Array.from({ length: 60 }, (_, index) => photo(`phone/Kind ${index % 3}/${index}.jpg`, index));
const phones = Array.from({ length: 40 }, (_, index) => photo(`phones/Kind 9/${index}.jpg`, 100 + index));
const studio = Array.from({ length: 50 }, (_, index) => photo(`studio/Kind 1/${index}.jpg`, 200 + index));
const others = [
  refused('phone/broken.jpg', 'corrupt'),
  refused('studio/broken.jpg', 'empty'),
  erased('phone/gone.jpg'),
];
const items = [...phone, ...phones, ...studio, ...others];

function photo(key: string, seed: number) {
  return featurized(seed, D, { key, label: key.split('/')[1]! });
}

/** A bucket, and reduces into it of whatever is in the table. */
function makeBucket(table: FeatureItem[] = items) {
  const clock = new StillClock(START);
  const snapshots = new MemorySnapshots();
  const objects = new MemoryTable(snapshots.files, clock);
  const report = (...run: Parameters<typeof reportDataOf>) => renderReport(reportDataOf(...run), '');
  const ports = portsFor(folder, {
    features: tableOf(table as Parameters<typeof tableOf>[0]),
    snapshots,
    table: objects,
    clock,
    report,
    snapshotDays: 30,
  });
  const reduce = (request: object, day = 0) => {
    clock.time = START + day * DAY;
    return reduceAsAsked(ports, { components: 2, ...request });
  };
  return { snapshots, objects, reduce };
}

type Bucket = ReturnType<typeof makeBucket>;

function text({ snapshots }: Bucket, key: string): string {
  return new TextDecoder().decode(snapshots.files.get(key));
}

async function rowsOf({ snapshots }: Bucket, parts: string) {
  const rows = [];
  for (const [key, bytes] of snapshots.files) {
    if (!key.startsWith(parts) || !key.endsWith('.parquet')) continue;
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    rows.push(...(await parquetReadObjects({ file })));
  }
  return rows;
}

function digests({ snapshots }: Bucket, isIn: (key: string) => boolean): Map<string, string> {
  const files = [...snapshots.files].filter(([key]) => isIn(key));
  return new Map(files.map(([key, bytes]) => [key, createHash('sha256').update(bytes).digest('hex')]));
}

test('a collection’s PCA, rows and counts are those of a table that holds nothing else', async () => {
  const bucket = makeBucket();
  const result = await bucket.reduce({ prefix: 'phone/' });
  const alone = makeBucket(items.filter(({ key }) => key.startsWith('phone/')));
  const whole = await alone.reduce({});

  assert.deepEqual(result.counts, { used: 60, refused: { corrupt: 1 }, erased: 1 });
  assert.deepEqual(result.classifier, { labels: 3 });
  assert.deepEqual(
    { ...result, parts: '', manifest: '', milliseconds: 0 },
    { ...whole, parts: '', manifest: '', milliseconds: 0 },
  );
  const collection = 'collections/phone-2F/';
  const [mine, theirs] = [collection, ''].map((at) => `${at}snapshots/${whole.snapshot}/`);
  for (const name of ['pca.json', 'pca.onnx', 'classifier.onnx', 'index.bin', 'neighbours.parquet']) {
    assert.deepEqual(
      bucket.snapshots.files.get(`${mine}${name}`),
      alone.snapshots.files.get(`${theirs}${name}`),
      name,
    );
  }
  const rows = await rowsOf(bucket, `${collection}rows/`);
  assert.deepEqual(rows, await rowsOf(alone, 'rows/'));
  assert.deepEqual(
    rows.map(({ path, label }) => [path, label]),
    phone.map(({ key, label }) => [key, label]).sort(([a], [b]) => (a! < b! ? -1 : 1)),
    'whole keys, and the folder that each photo lies in',
  );
  const pca = JSON.parse(text(bucket, `${mine}pca.json`));
  const mean = phone.reduce((sum, { features }) => sum + features[0]!, 0) / 60;
  assert.equal(pca.n_samples, 60);
  assert.ok(Math.abs(pca.mean[0] - mean) < 1e-12); // float64 sums of 60 values of about 1
});

test('a collection says which it is: in its manifest, its report and the metadata of its parts', async () => {
  const prefix = 'phone/Kind 1/<b>';
  const table = Array.from({ length: 9 }, (_, index) => photo(`${prefix}${index}.jpg`, index));
  const bucket = makeBucket([...table, ...items]);
  const result = await bucket.reduce({ prefix });
  const { manifest, rows } = result;
  assert.equal(rows, 9);
  const { options, parts } = JSON.parse(text(bucket, manifest));
  assert.equal(options.prefix, prefix);
  assert.deepEqual(
    parts.map(({ rows }: { rows: number }) => rows),
    [9],
  );
  const part = bucket.snapshots.files.get(`${result.parts}part-00000.parquet`)!;
  const file = part.buffer.slice(part.byteOffset, part.byteOffset + part.byteLength) as ArrayBuffer;
  const metadata = parquetMetadata(file).key_value_metadata?.find(({ key }) => key === 'verger')?.value;
  assert.equal(JSON.parse(metadata ?? '').prefix, prefix);
  const folder = manifest.replace('manifest.json', '');
  const report = (at: string) => text(bucket, `${at}report.html`);
  assert.ok(report(folder).includes(`Keys begin with<td><code>${escapeText(prefix)}</code>`));
  assert.equal(folder.split('/').slice(0, 2).join('/'), 'collections/phone-2FKind-201-2F-3Cb-3E');

  const all = await bucket.reduce({ prefix: '' }, 1);
  assert.ok(all.manifest.startsWith('snapshots/'), 'an empty prefix is all photos');
  assert.equal(JSON.parse(text(bucket, all.manifest)).options.prefix, undefined);
  assert.ok(!report(all.manifest.replace('manifest.json', '')).includes('Keys begin with'));
});

test('collections and all photos never mix: files, latest.json and Delta log of each are its own', async () => {
  const bucket = makeBucket();
  const prefixes = ['', 'phone/', 'phones/', 'phone'];
  const made = new Map<string, LatestSnapshot>();
  for (const [day, prefix] of prefixes.entries()) {
    const before = digests(bucket, () => true);
    await bucket.reduce({ prefix }, prefixes.length - day); // one that begins earlier comes later
    const now = digests(bucket, (key) => before.has(key));
    assert.deepEqual(now, before, `${prefix} changes nothing that was there`);
    made.set(prefix, (await bucket.snapshots.latest(collectionFolder(prefix)))!);
  }
  assert.deepEqual(
    [...made.values()].map(({ rows }) => rows),
    [150, 60, 40, 100],
  );
  for (const [prefix, { snapshot, parts, files, manifest }] of made) {
    const collection = collectionFolder(prefix);
    assert.deepEqual(
      [parts, files, manifest],
      [
        `${collection}rows/snapshot=${snapshot}/`,
        `${collection}snapshots/${snapshot}/`,
        `${collection}snapshots/${snapshot}/manifest.json`,
      ],
    );
    const rows = await rowsOf(bucket, parts);
    assert.ok(rows.length > 0 && rows.every(({ path }) => path.startsWith(prefix)));
    const { version, live } = await readState(tableIn(bucket.objects, collection));
    assert.deepEqual([version, ...live.keys()], [0, `snapshot=${snapshot}/part-00000.parquet`]);
    assert.ok(bucket.snapshots.files.has(`${collection}rows/${[...live.keys()][0]}`), 'found below rows/');
  }
});

test('snapshots of a collection expire by its own reduces, and by no other’s', async () => {
  const bucket = makeBucket();
  const left = (collection: string) =>
    [...bucket.snapshots.files.keys()].flatMap(
      (key) =>
        (key.startsWith(collection) &&
          /^snapshots\/(.*)\/_SUCCESS/.exec(key.slice(collection.length))?.[1]) ||
        [],
    );
  const phone = 'collections/phone-2F/';
  for (const day of [0, 1, 2]) await bucket.reduce({ prefix: 'phone/' }, day);
  for (const day of [0, 1, 2]) await bucket.reduce({}, day);
  await bucket.reduce({}, 60);
  assert.deepEqual(
    left('').map((name) => name.slice(0, 8)),
    ['20260104', '20260303'],
  );
  assert.deepEqual(
    left(phone).map((name) => name.slice(0, 8)),
    ['20260102', '20260103', '20260104'],
  );
  await bucket.reduce({ prefix: 'phone/' }, 61);
  assert.deepEqual(
    left(phone).map((name) => name.slice(0, 8)),
    ['20260104', '20260304'],
  );
  assert.deepEqual(
    left('').map((name) => name.slice(0, 8)),
    ['20260104', '20260303'],
  );
  const parts = [...bucket.snapshots.files.keys()].filter((key) => /^collections.*part-/.test(key));
  assert.equal(parts.length, 2, 'their rows go too');
});

test('a prefix that no two photos have is an error that names it, and nothing is written', async () => {
  for (const [prefix, message] of [
    [
      'fone/',
      /at least 2 photos with features; the collection of keys that begin with "fone\/" has 0 \(0 refused, 0 erased\)$/,
    ],
    ['phone/Kind 0/0.jpg', /begin with "phone\/Kind 0\/0\.jpg" has 1 \(0 refused, 0 erased\)$/],
    ['studio/broken', /begin with "studio\/broken" has 0 \(1 refused, 0 erased\)$/],
  ] as const) {
    const bucket = makeBucket();
    await assert.rejects(bucket.reduce({ prefix }), { code: 'TOO_FEW_ROWS', message });
    assert.equal(bucket.snapshots.files.size + bucket.snapshots.published.size, 0);
  }
});

test('features of another model outside the collection do not hold it up', async () => {
  const bucket = makeBucket([
    ...items,
    { ...studio[0]!, key: 'studio/Kind 1/old.jpg', model: 'old@000000000000' },
  ]);
  assert.equal((await bucket.reduce({ prefix: 'phone/' })).rows, 60);
  await assert.rejects(bucket.reduce({}), { code: 'MODEL_MISMATCH' });
});

test('a Delta log that somebody has broken is named with its collection', async () => {
  const bucket = makeBucket();
  await bucket.reduce({ prefix: 'phone/' });
  await bucket.reduce({ prefix: 'phone/' }, 1);
  bucket.snapshots.files.delete(`collections/phone-2F/${commitKey(0)}`);
  await assert.rejects(bucket.reduce({ prefix: 'phone/' }, 2), {
    code: 'CONTRACT_BROKEN',
    message:
      /^collections\/phone-2F\/rows\/_delta_log\/0+\.json is missing: remove the folder collections\/phone-2F\/rows\/_delta_log\/, /,
  });
  assert.equal((await bucket.reduce({}, 3)).current, true);
});
