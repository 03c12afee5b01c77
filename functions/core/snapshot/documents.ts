import type { DescribedClassifier } from '../classifier/known.ts';
import type { ItemCounts } from '../item-counts.ts';
import type { FittedPca } from '../pca/fitted-pca.ts';
import { COLUMNS } from './columns.ts';
import type { Snapshot } from './snapshot.ts';

/** One reduce, as its documents describe it. */
export interface Run {
  snapshot: Snapshot;
  /** Milliseconds since the epoch. */
  startedAt: number;
  /** Name and version of what made the snapshot. */
  software: string;
  pca: FittedPca;
  csv: boolean | 'spreadsheet';
  /** Whether its report may hold pictures. */
  thumbnails: boolean;
  /** What the keys of its photos begin with; empty: it has all photos. */
  prefix: string;
  counts: ItemCounts;
  classifier: DescribedClassifier;
  /** By step, so far. */
  milliseconds: Record<string, number>;
}

/** What made the rows, without what changes from run to run: the same table gives the same bytes. */
export function encodeProvenance({
  software,
  pca,
  counts,
  prefix,
}: Pick<Run, 'software' | 'pca' | 'counts' | 'prefix'>): string {
  const { model, dimension, k, options } = pca;
  const collection = prefix === '' ? {} : { prefix };
  return JSON.stringify({
    software,
    model,
    dimension,
    rows: counts.used,
    components: k,
    options,
    ...collection,
  });
}

/** `manifest.json`: the list of a snapshot's files with their SHA-256, and how they came about. */
export function encodeManifest({
  snapshot,
  startedAt,
  software,
  pca,
  csv,
  thumbnails,
  prefix,
  counts,
  classifier,
  milliseconds,
}: Run): Uint8Array {
  const document = {
    snapshot: snapshot.name,
    created_at: new Date(startedAt).toISOString(),
    software,
    model: pca.model,
    dimension: pca.dimension,
    rows: counts.used,
    components: pca.k,
    explained_variance_share: sum(pca.explainedVarianceRatio),
    options: { ...pca.options, csv, thumbnails, ...(prefix !== '' && { prefix }) },
    warnings: pca.warnings,
    counts,
    classifier,
    columns: COLUMNS.map(({ name, typeName, nullable }) => ({ name, type: typeName, nullable })),
    parts: snapshot.parts.map(({ statistics: _, ...part }) => part),
    files: snapshot.files,
    milliseconds,
  };
  return utf8(`${JSON.stringify(document, null, 2)}\n`);
}

/**
 * `pca.json`: the fitted PCA under scikit-learn's names. Doubles are written with as many digits as it
 * takes to read the same double back. A row x is projected as components · ((x − mean) / scale), or, with
 * the projection `spark`, as components · (x / scale).
 */
export function encodePcaJson(pca: FittedPca): Uint8Array {
  const rows = Array.from({ length: pca.k }, (_, row) =>
    Array.from(pca.components.subarray(row * pca.dimension, (row + 1) * pca.dimension)),
  );
  const document = {
    model: pca.model,
    n_samples: pca.nSamples,
    n_features: pca.dimension,
    n_components: pca.k,
    options: pca.options,
    warnings: pca.warnings,
    elbow: pca.elbow, // JSON leaves it out where there is none
    total_variance: pca.totalVariance,
    explained_variance: Array.from(pca.explainedVariance),
    explained_variance_ratio: Array.from(pca.explainedVarianceRatio),
    mean: Array.from(pca.mean),
    scale: Array.from(pca.scale),
    components: rows,
  };
  return utf8(`${JSON.stringify(document)}\n`);
}

/** A text file's bytes. */
export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Sum of a column. */
export function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
