import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parquetReadObjects } from 'hyparquet';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import sharp from 'sharp';
import { plainMatrixProducts } from '../../functions/core/pca/matrix.ts';
import type { FeatureItem, FeatureStore } from '../../functions/core/ports.ts';
import { partsFolder } from '../../functions/core/snapshot/layout.ts';
import type { SnapshotFile } from '../../functions/core/snapshot/snapshot.ts';
import { escapeText } from '../../functions/report/page/html.ts';
import { renderReport } from '../../functions/report/page/report.ts';
import { reportDataOf } from '../../functions/report/page/report-data-of.ts';
import type { ReportData } from '../../functions/report/shared/report-data.ts';
import { MemoryPhotos, MemorySnapshots, StillClock } from '../memory.ts';
import {
  erased,
  featurized,
  MODEL,
  portsFor,
  reduceAsAsked,
  refused,
  shuffled,
  tableOf,
} from './reduce-fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'verger-test-'));
after(() => rmSync(folder, { recursive: true }));

const D = 12;
const photos = Array.from({ length: 300 }, (_, index) => featurized(index, D));
const others = [
  refused('broken/1.jpg', 'corrupt'),
  refused('broken/2.jpg', 'corrupt'),
  refused('broken/3.jpg', 'empty'),
  erased('gone.jpg'),
];

function json(snapshots: MemorySnapshots, name: string) {
  return JSON.parse(new TextDecoder().decode(snapshots.files.get(name)));
}

async function readParts(snapshots: MemorySnapshots, snapshot: string) {
  const rows = [];
  for (const [name, bytes] of snapshots.files) {
    if (!name.startsWith(partsFolder(snapshot))) continue;
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    rows.push(...(await parquetReadObjects({ file })));
  }
  return rows;
}

test('a snapshot holds every photo that has features, sorted by path, and counts the others by reason', async () => {
  const ports = portsFor(folder, { features: tableOf([...photos, ...others]) });
  const result = await reduceAsAsked(ports, { components: 3 });

  const rows = await readParts(ports.snapshots, result.snapshot);
  const expected = photos.toSorted((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
  assert.deepEqual(
    rows.map(({ pca_features: _, features, featurized_at, ...rest }) => ({
      ...rest,
      features: Float32Array.from(features),
      at: featurized_at.toISOString(),
    })),
    expected.map(({ key, label, features, etag, model, featurizedAt, width, height, bytes }) => ({
      path: key,
      label: label ?? null,
      etag,
      model,
      width,
      height,
      bytes: BigInt(bytes),
      features,
      at: featurizedAt,
    })),
  );
  assert.ok(rows.every(({ pca_features }) => pca_features.length === 3));

  const counts = { used: 300, refused: { corrupt: 2, empty: 1 }, erased: 1 };
  assert.deepEqual(result.counts, counts);
  assert.deepEqual(
    {
      ...result,
      explainedVarianceRatio: result.explainedVarianceRatio.length,
      explainedVarianceShare: 0,
      milliseconds: 0,
    },
    {
      snapshot: '20260102T030405.000Z-a1',
      parts: 'rows/snapshot=20260102T030405.000Z-a1/',
      manifest: 'snapshots/20260102T030405.000Z-a1/manifest.json',
      current: true,
      model: MODEL,
      rows: 300,
      dimension: D,
      components: 3,
      explainedVarianceRatio: 3,
      explainedVarianceShare: 0,
      counts,
      warnings: [],
      classifier: { labels: 5 },
      milliseconds: 0,
    },
  );
  const share = result.explainedVarianceRatio.reduce((sum, ratio) => sum + ratio, 0);
  assert.ok(Math.abs(result.explainedVarianceShare - share) < 1e-15 && share > 0.4 && share < 1, `${share}`);
  assert.deepEqual(JSON.parse(JSON.stringify(result)), result);
});

test('the manifest lists every file with its SHA-256, and latest.json names the manifest', async () => {
  const report = () => '<!DOCTYPE html>';
  const ports = portsFor(folder, { features: tableOf([...photos, ...others]), report });
  const { snapshot, parts, manifest: key } = await reduceAsAsked(ports, { components: 2, csv: true });
  const manifest = json(ports.snapshots, key);
  const files = `snapshots/${snapshot}/`;

  const under = (folder: string, listed: SnapshotFile[]) =>
    listed.map((file) => ({ ...file, key: folder + file.name }));
  const listed = [...under(parts, manifest.parts), ...under(files, manifest.files)];
  assert.deepEqual(
    [...listed.map(({ key }) => key), `${files}manifest.json`, `${files}_SUCCESS`],
    [...ports.snapshots.files.keys()],
    'in the order of writing: _SUCCESS is last',
  );
  for (const { key, bytes, sha256 } of listed) {
    const content = ports.snapshots.files.get(key)!;
    assert.equal(content.byteLength, bytes, key);
    assert.equal(createHash('sha256').update(content).digest('hex'), sha256, key);
  }
  assert.deepEqual(manifest.options, {
    components: 2,
    standardize: true,
    projection: 'centered',
    csv: true,
    thumbnails: true,
  });
  assert.deepEqual(
    manifest.parts.map(({ rows }: { rows: number }) => rows),
    [300],
  );
  assert.equal(manifest.created_at, '2026-01-02T03:04:05.000Z');
  assert.equal(manifest.software, 'verger 0.0.0');
  assert.deepEqual(Object.keys(manifest.milliseconds), [
    'page',
    'split',
    'accumulate',
    'fit',
    'classify',
    'project',
    'write',
    'compare',
    'arrange',
  ]);
  assert.deepEqual(manifest.columns[2], { name: 'features', type: 'list<float>', nullable: false });
  assert.deepEqual(ports.snapshots.current, {
    snapshot,
    parts,
    files,
    manifest: key,
    rows: 300,
    model: MODEL,
  });
});

test('the same rows give the same bytes of every part, pca.onnx and pca.json, whatever order they are read in', async () => {
  const many = Array.from({ length: 9000 }, (_, index) => featurized(index, 4)); // three runs of the spool
  const first = portsFor(folder, { features: tableOf(many) });
  await reduceAsAsked(first, { components: 4 });
  for (const seed of [1, 2]) {
    const again = portsFor(folder, {
      features: tableOf(shuffled([...many, ...others], seed)),
      clock: new StillClock(1e12 * seed),
      id: () => `${seed}`,
    });
    await reduceAsAsked(again, { components: 4 });
    const [before, now] = [first, again].map(({ snapshots }) =>
      [...snapshots.files]
        .filter(([name]) => /part-|pca\./.test(name))
        .map(([name, bytes]) => [name.split('/').at(-1), createHash('sha256').update(bytes).digest('hex')]),
    );
    assert.equal(before?.length, 3);
    assert.deepEqual(now, before);
  }
});

test('pca.json gives the column: components · ((x − mean) / scale), to the rounding of float32', async () => {
  for (const options of [{}, { standardize: false }, { projection: 'spark' }]) {
    const ports = portsFor(folder, { features: tableOf(photos) });
    const { snapshot } = await reduceAsAsked(ports, { components: 5, ...options });
    const pca = json(ports.snapshots, `snapshots/${snapshot}/pca.json`);
    assert.equal(pca.n_samples, 300);
    for (const { features, pca_features } of await readParts(ports.snapshots, snapshot)) {
      for (const [c, component] of pca.components.entries()) {
        const shift = pca.options.projection === 'spark' ? pca.mean.map(() => 0) : pca.mean;
        const value = component.reduce(
          (sum: number, weight: number, i: number) =>
            sum + (weight * (features[i] - shift[i])) / pca.scale[i],
          0,
        );
        // Float64 sums of 12 terms differ by 1e-14 at most; the column is float32: half a unit is 6e-8 of the value.
        assert.ok(Math.abs(value - pca_features[c]) <= 6e-8 * Math.abs(value) + 1e-13);
      }
    }
  }
});

test('pca.onnx, run by onnxruntime, gives the pca_features column to the rounding of float32', async () => {
  for (const options of [{}, { standardize: false }, { projection: 'spark' }]) {
    const ports = portsFor(folder, { features: tableOf(photos) });
    const { snapshot } = await reduceAsAsked(ports, { components: 5, ...options });
    const rows = await readParts(ports.snapshots, snapshot);
    const session = await InferenceSession.create(
      ports.snapshots.files.get(`snapshots/${snapshot}/pca.onnx`)!,
    );
    const features = Float32Array.from(rows.flatMap((row) => [...row.features]));
    const { pca_features } = await session.run({
      features: new Tensor('float32', features, [rows.length, D]),
    });
    const column = rows.flatMap((row) => [...row.pca_features]);
    // 12 products of magnitude up to 10, each rounded to 24 bits: 12 · 10 · 2⁻²⁴ = 7e-6.
    const worst = Math.max(
      ...column.map((value, i) => Math.abs(value - (pca_features!.data as Float32Array)[i]!)),
    );
    assert.equal(pca_features?.size, column.length);
    assert.ok(worst < 7e-6, `${worst}`);
  }
});

test('the report gets counts by label, refusals, durations and the points it draws', async () => {
  let data: ReportData | undefined;
  const report = (...of: Parameters<typeof reportDataOf>) => {
    data = reportDataOf(...of);
    return '<!DOCTYPE html>';
  };
  const ports = portsFor(folder, { features: tableOf([...photos, ...others]), report });
  const { snapshot } = await reduceAsAsked(ports, { components: 2 });
  assert.ok(data);
  const { labels, refused, skipped, points, durations, ...rest } = data;
  assert.equal(
    labels.reduce((sum, { count }) => sum + count, 0),
    300,
  );
  assert.equal(
    labels.find(({ label }) => label === null)?.count,
    photos.filter(({ label }) => label === undefined).length,
  );
  assert.equal(labels.length, 6);
  assert.deepEqual(refused, [
    { reason: 'corrupt', count: 2 },
    { reason: 'empty', count: 1 },
  ]);
  assert.deepEqual(
    skipped.map(({ count }) => count),
    [1],
  );
  assert.deepEqual(
    durations.map(({ step }) => step),
    ['page', 'split', 'accumulate', 'fit', 'classify', 'project', 'write', 'compare', 'arrange'],
  );
  assert.equal(rest.snapshot, snapshot);
  assert.equal(rest.spectrum.length, D);
  const rows = await readParts(ports.snapshots, snapshot);
  assert.deepEqual(
    points.map(({ key, label, at }) => ({ key, label, at })),
    rows.map(({ path, label, pca_features }) => ({ key: path, label, at: [...pca_features] })),
  );
  assert.deepEqual(
    rest.refusedPhotos?.map(({ key, reason }) => [key, reason]),
    [
      ['broken/1.jpg', 'corrupt'],
      ['broken/2.jpg', 'corrupt'],
      ['broken/3.jpg', 'empty'],
    ],
  );
  assert.equal(rest.review?.compared, 300);
  assert.ok(points.every(({ neighbours }) => neighbours?.length === 8));
  assert.equal(rest.pictures, undefined, 'no photos can be read');
  assert.equal(
    new TextDecoder().decode(ports.snapshots.files.get(`snapshots/${snapshot}/report.html`)),
    '<!DOCTYPE html>',
  );
});

test('a refusal for a reason that this version does not know is counted, whatever its name', async () => {
  const reasons = ['__proto__', 'constructor', 'not-invented-yet', '<b>', ''];
  const unknown = reasons.map((reason, index) => refused(`later/${index}.jpg`, reason));
  const ports = portsFor(folder, {
    features: tableOf([...photos, ...others, ...unknown]),
    report: (...run) => renderReport(reportDataOf(...run), ''),
  });
  const { snapshot, counts } = await reduceAsAsked(ports, { components: 2 });

  const expected = [...reasons.map((reason) => [reason, 1] as const), ['corrupt', 2], ['empty', 1]].sort();
  assert.deepEqual(Object.entries(counts.refused), expected);
  const manifest = json(ports.snapshots, `snapshots/${snapshot}/manifest.json`);
  assert.deepEqual(Object.entries(manifest.counts.refused), expected);
  const report = new TextDecoder().decode(ports.snapshots.files.get(`snapshots/${snapshot}/report.html`));
  for (const reason of reasons) {
    assert.ok(report.includes(`<code>${escapeText(reason)}</code><br><td`), `the report shows ${reason}`);
  }
  assert.ok(report.includes('<code>empty</code><br>The file holds no bytes.<td'));
});

test('pictures are made of photos that are there, and none where the request or the stack wants none', async () => {
  const store = new MemoryPhotos();
  const jpeg = await sharp({ create: { width: 80, height: 60, channels: 3, background: '#a04020' } })
    .jpeg()
    .toBuffer();
  const items = photos.slice(0, 40).map((item) => ({ ...item, etag: store.put(item.key, jpeg) }));
  store.objects.delete(items[3]!.key);
  const pictures = { photos: store, limits: { maxBytes: 1e6, maxPixels: 1e6 } };
  const made = async (request: object, changes: object) => {
    let data: ReportData | undefined;
    const report = (...run: Parameters<typeof reportDataOf>) => {
      data = reportDataOf(...run);
      return '';
    };
    await reduceAsAsked(portsFor(folder, { features: tableOf(items), report, ...changes }), {
      components: 2,
      ...request,
    });
    return data?.pictures;
  };
  assert.deepEqual(await made({}, { pictures }), { made: 39, wanted: 40, gone: 1, ended: 'all' });
  assert.equal(await made({ thumbnails: false }, { pictures }), undefined);
  assert.equal(await made({}, {}), undefined);
});

test('what cannot be reduced is an error that says so, and no file is written', async () => {
  const [first, second] = [photos[0]!, photos[1]!];
  const other = { model: 'other@ba9876543210' };
  const cases: [FeatureItem[], unknown, string, RegExp][] = [
    [
      photos,
      { component: 3 },
      'INVALID_REQUEST',
      /"component" is not an option; the options are components, standardize, projection, csv, thumbnails, prefix, segments, resume$/,
    ],
    [photos, { components: -1 }, 'INVALID_REQUEST', /components is -1/],
    [photos, { components: D + 1 }, 'INVALID_REQUEST', /components is 13/],
    [photos, { csv: 'yes' }, 'INVALID_REQUEST', /csv is "yes"/],
    [photos, 'elbow', 'INVALID_REQUEST', /not "elbow"/],
    [photos, [3], 'INVALID_REQUEST', /not \[3\]/],
    [[], {}, 'TOO_FEW_ROWS', /the table has 0/],
    [[first, ...others], {}, 'TOO_FEW_ROWS', /the table has 1 \(3 refused, 1 erased\)/],
    [
      [...photos, featurized(900, 7, other), featurized(901, 7, other)],
      {},
      'MODEL_MISMATCH',
      /2 models.*other@ba9876543210 \(2 photos\), test_model@0123456789ab \(300 photos\).*backfill/,
    ],
    [[...photos, featurized(900, 11)], {}, 'CONTRACT_BROKEN', /900\.jpg has 11 features .* 12/],
    [
      [first, { ...second, features: second.features.map(() => Number.NaN) }],
      {},
      'CONTRACT_BROKEN',
      /1\.jpg has a feature that is not/,
    ],
    [[first, { ...second, featurizedAt: 'yesterday' }], {}, 'CONTRACT_BROKEN', /"yesterday"/],
    [[first, { ...second, width: 2 ** 31 }], {}, 'CONTRACT_BROKEN', /1\.jpg has 2147483648×100 pixels/],
    [[first, { ...first, key: 'same.jpg' }], { components: 1 }, 'TOO_FEW_ROWS', /all 2 rows are the same/],
  ];
  for (const [items, request, code, message] of cases) {
    const ports = portsFor(folder, { features: tableOf(items) });
    await assert.rejects(reduceAsAsked(ports, request), { code, message });
    assert.equal(ports.snapshots.files.size, 0, message.source);
    assert.equal(ports.snapshots.current, undefined);
    assert.deepEqual(readdirSync(folder), [], message.source);
  }
});

test('the options are checked before the table is read', async () => {
  const features = { scan: () => assert.fail('the table was read') } as unknown as FeatureStore;
  await assert.rejects(reduceAsAsked(portsFor(folder, { features }), { standardise: true }), {
    code: 'INVALID_REQUEST',
  });
});

test('a table that fails midway fails the reduce with its own error, and stops the other segments', async () => {
  let pages = 0;
  const features = tableOf(photos);
  const failing = {
    async *scan(segment: number, segments: number) {
      for await (const page of features.scan(segment, segments)) {
        pages += 1;
        if (pages === 10) throw new Error('the table is away');
        yield page;
      }
    },
  } as unknown as FeatureStore;
  const ports = portsFor(folder, { features: failing });
  await assert.rejects(reduceAsAsked(ports, {}), /the table is away/);
  assert.ok(pages < 30, `${pages} of 64 pages were read`);
  assert.equal(ports.snapshots.files.size, 0);
  assert.deepEqual(readdirSync(folder), []);
});

test('whatever fails, at whatever file: its error is thrown, nothing is published, no temporary file is left', async () => {
  const request = { components: 2, csv: true };
  const whole = portsFor(folder, { features: tableOf(photos) });
  await reduceAsAsked(whole, request);
  for (let good = 0; good < whole.snapshots.files.size; good++) {
    const snapshots = new MemorySnapshots();
    const write = snapshots.write.bind(snapshots);
    snapshots.write = async (name, content) => {
      if (snapshots.files.size === good) throw new Error(`no room for ${name}`);
      return await write(name, content);
    };
    await assert.rejects(
      reduceAsAsked(portsFor(folder, { features: tableOf(photos), snapshots }), request),
      /no room for/,
    );
    assert.equal(snapshots.current, undefined);
    assert.ok(![...snapshots.files.keys()].some((name) => name.endsWith('_SUCCESS')));
    assert.deepEqual(readdirSync(folder), []);
  }
});

test('a projection or report that fails is the error that is seen, not one of the Parquet writer', async () => {
  const broken = new Error('no memory');
  const products = {
    ...plainMatrixProducts,
    multiply: async () => {
      throw broken;
    },
  };
  const fails = async (changes: Parameters<typeof portsFor>[1]) => {
    const ports = portsFor(folder, { features: tableOf(photos), ...changes });
    await assert.rejects(reduceAsAsked(ports, { components: 2 }), broken);
    assert.equal(ports.snapshots.current, undefined);
    assert.deepEqual(readdirSync(folder), []);
  };
  await fails({ products });
  await fails({
    report: () => {
      throw broken;
    },
  });
});

test('two reduces at once each give a whole snapshot; the one that began later is current', async () => {
  const snapshots = new MemorySnapshots();
  const features = tableOf(photos);
  const [one, two] = await Promise.all(
    [1000, 2000].map((time, index) =>
      reduceAsAsked(
        portsFor(folder, { features, snapshots, clock: new StillClock(time), id: () => `${index}` }),
        { components: 2 + index },
      ),
    ),
  );
  assert.equal(snapshots.current?.snapshot, two?.snapshot);
  for (const { snapshot, components } of [one!, two!]) {
    assert.ok(snapshots.files.has(`snapshots/${snapshot}/_SUCCESS`));
    const rows = await readParts(snapshots, snapshot);
    assert.equal(rows.length, 300);
    assert.ok(rows.every(({ pca_features }) => pca_features.length === components));
    for (const { name, sha256 } of json(snapshots, `snapshots/${snapshot}/manifest.json`).parts) {
      assert.equal(
        createHash('sha256')
          .update(snapshots.files.get(partsFolder(snapshot) + name)!)
          .digest('hex'),
        sha256,
      );
    }
  }
  assert.deepEqual(readdirSync(folder), []);
});

test('a reduce that is overtaken by one that began later says that it is not current', async () => {
  const snapshots = new MemorySnapshots();
  const at = (time: number) =>
    portsFor(folder, { features: tableOf(photos), snapshots, clock: new StillClock(time) });
  assert.equal((await reduceAsAsked(at(2000), { components: 1 })).current, true);
  assert.equal((await reduceAsAsked(at(1000), { components: 1 })).current, false);
  assert.equal((await reduceAsAsked(at(3000), { components: 1 })).current, true);
});

test('the default of 64 components is all of them, without a warning, where a model has fewer features', async () => {
  const ports = portsFor(folder, { features: tableOf(photos) });
  const { components, warnings, snapshot } = await reduceAsAsked(ports, {});
  assert.deepEqual({ components, warnings }, { components: D, warnings: [] });
  assert.equal(json(ports.snapshots, `snapshots/${snapshot}/manifest.json`).options.components, D);
  const wide = portsFor(folder, {
    features: tableOf(Array.from({ length: 70 }, (_, index) => featurized(index, 66))),
  });
  assert.equal((await reduceAsAsked(wide, {})).components, 64);
});

test('too few photos for the components asked for are a warning in result, manifest, pca.json and log', async () => {
  const ports = portsFor(folder, { features: tableOf(photos.slice(0, 4)) });
  const { warnings, components, snapshot } = await reduceAsAsked(ports, { components: 8 });
  assert.equal(components, 3);
  assert.match(warnings[0] ?? '', /8 components were asked for and 3 fitted/);
  assert.deepEqual(json(ports.snapshots, `snapshots/${snapshot}/manifest.json`).warnings, warnings);
  assert.deepEqual(json(ports.snapshots, `snapshots/${snapshot}/pca.json`).warnings, warnings);
  assert.deepEqual(
    ports.log.entries.filter(({ level }) => level === 'WARN').map(({ warning }) => warning),
    warnings,
  );
});
