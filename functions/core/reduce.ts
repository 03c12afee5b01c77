/** Reducing: the features of all photos → a PCA, and a snapshot that people can use. */

import type { FittedPca } from './pca/fitted-pca.ts';
import type { MatrixProducts } from './pca/matrix.ts';
import { addRows, emptyMoments, type Moments } from './pca/moments.ts';
import { fitPca } from './pca/pca.ts';
import type { PcaOptions } from './pca/pca-options.ts';
import { encodePcaOnnx, projectRows } from './pca/projection.ts';
import type { Clock, FeatureStore, Log, SnapshotStore } from './ports.ts';
import {
  encodeManifest,
  encodePcaJson,
  encodeProvenance,
  type Run,
  sum,
  utf8,
} from './snapshot/documents.ts';
import { filesFolder, nameSnapshot, partsFolder } from './snapshot/layout.ts';
import { writeParts } from './snapshot/parts.ts';
import { RowSurvey } from './snapshot/row-survey.ts';
import type { SnapshotRows } from './snapshot/rows.ts';
import { Snapshot } from './snapshot/snapshot.ts';
import { withScratchFolder } from './spool/scratch.ts';
import type { Spool } from './spool/spool.ts';
import { type ItemCounts, spoolFeatures } from './spool/spool-features.ts';
import { stopwatch, type Timed } from './stopwatch.ts';

export interface ReducePorts {
  features: FeatureStore;
  snapshots: SnapshotStore;
  products: MatrixProducts;
  clock: Clock;
  log: Log;
  /** Makes the names of snapshots that begin at the same time differ. */
  id(): string;
  /** A folder on local disk with room for 4·d + 200 bytes a photo and two parts; shared by any number of runs. */
  temporaryDirectory: string;
  /** Name and version of this software, kept in every snapshot. */
  software: string;
  /** Makes `report.html`; without it the snapshot has none. */
  report?: (run: Run, survey: RowSurvey) => string;
}

/** What a reduce did, as plain JSON. */
export interface ReduceResult {
  /** Name of the snapshot, `<UTC time>-<id>`. */
  snapshot: string;
  /** Folder of its Parquet parts. */
  parts: string;
  /** Key of its manifest. */
  manifest: string;
  /** Whether `latest.json` names it; false when a snapshot that began later was faster. */
  current: boolean;
  model: string;
  /** Photos in the snapshot. */
  rows: number;
  /** Features a photo. */
  dimension: number;
  /** PCA columns. */
  components: number;
  /** Of the first ten components. */
  explainedVarianceRatio: number[];
  /** Share of variance that all components explain together. */
  explainedVarianceShare: number;
  counts: ItemCounts;
  warnings: string[];
  milliseconds: Record<string, number>;
}

/** What a reduce is asked. */
export interface ReduceOptions {
  pca: PcaOptions;
  /** Whether the request says how many components; the default gives way where a model has fewer features. */
  asksComponents: boolean;
  csv: boolean;
}

/** Rows in memory at a time: two of the blocks that {@link addRows} multiplies out; one of {@link projectRows}. */
const ROWS_TO_ADD = 8192;
const ROWS_TO_PROJECT = 1024;

/**
 * Reads the features table once, fits a PCA to all rows, and publishes a snapshot of rows, PCA and report.
 * Memory does not grow with the number of photos; local disk does. The same rows and options give the same
 * Parquet bytes. A failure, or the end of the process, at any moment leaves the previous snapshot current.
 *
 * @throws InvalidRequest, ModelMismatch, ContractBroken or TooFewRows before anything is written
 * @throws whatever a store throws; nothing is published then
 */
export async function reduceFeatures(ports: ReducePorts, options: ReduceOptions): Promise<ReduceResult> {
  return await withScratchFolder(ports.temporaryDirectory, (folder) => reduceIn(folder, ports, options));
}

async function reduceIn(folder: string, ports: ReducePorts, options: ReduceOptions): Promise<ReduceResult> {
  const { features, snapshots, products, clock, log } = ports;
  const startedAt = clock.now();
  const { milliseconds, timed } = stopwatch(clock);

  const { spool, model, counts } = await timed('page', () => spoolFeatures(features, folder));
  try {
    log.info('reduce-paged', { model, ...counts });
    const moments = await timed('accumulate', () => accumulate(spool, model, products));
    const pca = await timed('fit', () => fitPca(moments, pcaOptionsFor(options, spool.dimension), products));
    log.info('reduce-fitted', { components: pca.k });
    for (const warning of pca.warnings) log.warn('reduce-warning', { warning });

    const snapshot = new Snapshot(snapshots, nameSnapshot(startedAt, ports.id()));
    const run: Run = {
      snapshot,
      startedAt,
      software: ports.software,
      csv: options.csv,
      pca,
      counts,
      milliseconds,
    };
    const survey = new RowSurvey(spool.count);
    const batches = projectAll(spool, pca, products, survey, timed);
    await timed('write', () =>
      writeParts(snapshot, {
        batches,
        rows: spool.count,
        components: pca.k,
        csv: options.csv,
        provenance: encodeProvenance(run),
        temporaryDirectory: folder,
      }),
    );
    await snapshot.writeFile('pca.onnx', encodePcaOnnx(pca));
    await snapshot.writeFile('pca.json', encodePcaJson(pca));
    if (ports.report) await snapshot.writeFile('report.html', utf8(ports.report(run, survey)));
    await snapshot.writeFile('manifest.json', encodeManifest(run));
    await snapshot.writeFile('_SUCCESS', new Uint8Array());

    const files = filesFolder(snapshot.name);
    const published = {
      snapshot: snapshot.name,
      parts: partsFolder(snapshot.name),
      manifest: `${files}manifest.json`,
    };
    const current = await snapshots.publish({ ...published, files, rows: counts.used, model });
    const result = {
      ...published,
      current,
      model,
      rows: counts.used,
      dimension: pca.dimension,
      components: pca.k,
      explainedVarianceRatio: Array.from(pca.explainedVarianceRatio.subarray(0, 10)),
      explainedVarianceShare: sum(pca.explainedVarianceRatio),
      counts,
      warnings: pca.warnings,
      milliseconds,
    };
    log.info('reduce', result);
    return result;
  } finally {
    spool.close();
  }
}

async function accumulate(spool: Spool, model: string, products: MatrixProducts): Promise<Moments> {
  const moments = emptyMoments(model, spool.dimension);
  for (const { rows, features } of spool.sorted(ROWS_TO_ADD)) {
    await addRows(moments, features, rows.length, products);
  }
  return moments;
}

async function* projectAll(
  spool: Spool,
  pca: FittedPca,
  products: MatrixProducts,
  survey: RowSurvey,
  timed: Timed,
): AsyncGenerator<SnapshotRows> {
  for (const { rows, features } of spool.sorted(ROWS_TO_PROJECT)) {
    const pcaFeatures = await timed('project', () => projectRows(pca, features, rows.length, products));
    const batch = { model: pca.model, rows, features, pcaFeatures };
    survey.add(batch);
    yield batch;
  }
}

/** The options for rows of d features: the default number of components is at most d. */
function pcaOptionsFor({ pca, asksComponents }: ReduceOptions, dimension: number): PcaOptions {
  const { components } = pca;
  if (asksComponents || typeof components !== 'number') return pca;
  return { ...pca, components: Math.min(components, dimension) };
}
