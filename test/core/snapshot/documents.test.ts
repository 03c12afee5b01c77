/** What the documents of a snapshot say. That they say it of a reduce's files: test/core/reduce.test.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FittedPca } from '../../../functions/core/pca/fitted-pca.ts';
import {
  encodeManifest,
  encodePcaJson,
  encodeProvenance,
  type Run,
} from '../../../functions/core/snapshot/documents.ts';
import { Snapshot } from '../../../functions/core/snapshot/snapshot.ts';
import { MemorySnapshots } from '../../memory.ts';

const OPTIONS = { components: 2, standardize: true, projection: 'centered' } as const;

/** Two components of three features. */
const PCA: FittedPca = {
  model: 'm@0123456789ab',
  nSamples: 5,
  dimension: 3,
  k: 2,
  mean: Float64Array.of(0.1, 1 / 3, -5e-324),
  scale: Float64Array.of(1, 2, 3),
  components: Float64Array.of(0.6, 0.8, 0, 0, 0, 1),
  explainedVariance: Float64Array.of(2, 1),
  explainedVarianceRatio: Float64Array.of(0.5, 0.25),
  totalVariance: 4,
  spectrum: Float64Array.of(2, 1, 1),
  options: OPTIONS,
  warnings: ['fewer than asked'],
};

function runOf(changes: Partial<Run> = {}): Run {
  const snapshot = new Snapshot(new MemorySnapshots(), '20260102T030405.000Z-a1');
  const statistics = {
    path: ['a', 'b'] as [string, string],
    unlabelled: 5,
    featurizedAt: [0, 1] as [number, number],
  };
  snapshot.parts.push({ name: 'part-00000.parquet', bytes: 9, sha256: 'ab', rows: 5, statistics });
  snapshot.files.push({ name: 'pca.json', bytes: 8, sha256: 'cd' });
  return {
    snapshot,
    startedAt: Date.UTC(2026, 0, 2, 3, 4, 5),
    software: 'verger 0.0.0',
    pca: PCA,
    csv: 'spreadsheet',
    thumbnails: false,
    prefix: '',
    counts: { used: 5, refused: { corrupt: 1 }, erased: 2 },
    classifier: { none: 'fewer than two labels' },
    milliseconds: { page: 1, fit: 2 },
    ...changes,
  };
}

function parsed(bytes: Uint8Array) {
  return JSON.parse(new TextDecoder().decode(bytes));
}

test('a manifest tells of the run, the columns and the files, without the statistics of parts, which name photos', () => {
  assert.deepEqual(parsed(encodeManifest(runOf())), {
    snapshot: '20260102T030405.000Z-a1',
    created_at: '2026-01-02T03:04:05.000Z',
    software: 'verger 0.0.0',
    model: 'm@0123456789ab',
    dimension: 3,
    rows: 5,
    components: 2,
    explained_variance_share: 0.75,
    options: { ...OPTIONS, csv: 'spreadsheet', thumbnails: false },
    warnings: ['fewer than asked'],
    counts: { used: 5, refused: { corrupt: 1 }, erased: 2 },
    classifier: { none: 'fewer than two labels' },
    columns: [
      { name: 'path', type: 'string', nullable: false },
      { name: 'label', type: 'string', nullable: true },
      { name: 'features', type: 'list<float>', nullable: false },
      { name: 'pca_features', type: 'list<float>', nullable: false },
      { name: 'etag', type: 'string', nullable: false },
      { name: 'model', type: 'string', nullable: false },
      { name: 'featurized_at', type: 'timestamp (µs, UTC)', nullable: false },
      { name: 'width', type: 'int32', nullable: false },
      { name: 'height', type: 'int32', nullable: false },
      { name: 'bytes', type: 'int64', nullable: false },
    ],
    parts: [{ name: 'part-00000.parquet', bytes: 9, sha256: 'ab', rows: 5 }],
    files: [{ name: 'pca.json', bytes: 8, sha256: 'cd' }],
    milliseconds: { page: 1, fit: 2 },
  });
  assert.equal(parsed(encodeManifest(runOf({ prefix: 'shop/' }))).options.prefix, 'shop/');
});

test('provenance is what made the rows, the same bytes for the same table; of a collection, its prefix too', () => {
  const options = '{"components":2,"standardize":true,"projection":"centered"}';
  const start = `{"software":"verger 0.0.0","model":"m@0123456789ab","dimension":3,"rows":5,"components":2,"options":${options}`;
  assert.equal(encodeProvenance(runOf()), `${start}}`);
  assert.equal(encodeProvenance(runOf({ prefix: 'shop/' })), `${start},"prefix":"shop/"}`);
});

test('pca.json holds every double as it is, a row a component, and the elbow where there is one', () => {
  const document = {
    model: 'm@0123456789ab',
    n_samples: 5,
    n_features: 3,
    n_components: 2,
    options: OPTIONS,
    warnings: ['fewer than asked'],
    total_variance: 4,
    explained_variance: [2, 1],
    explained_variance_ratio: [0.5, 0.25],
    mean: [0.1, 1 / 3, -5e-324],
    scale: [1, 2, 3],
    components: [
      [0.6, 0.8, 0],
      [0, 0, 1],
    ],
  };
  assert.deepEqual(parsed(encodePcaJson(PCA)), document);
  assert.deepEqual(parsed(encodePcaJson({ ...PCA, elbow: 1 })), { ...document, elbow: 1 });
});
