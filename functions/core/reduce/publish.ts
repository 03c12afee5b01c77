/** The last phase: what was written becomes the current snapshot. */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { ItemCounts } from '../item-counts.ts';
import { encodePcaOnnx } from '../pca/projection.ts';
import { readSamples, type SampledRows, type SampleFile } from '../review/sample.ts';
import { type RefusedPhoto, type Seen, seePhotos } from '../review/seen.ts';
import { encodeManifest, encodePcaJson, type Run, sum, utf8 } from '../snapshot/documents.ts';
import { collectionFolder, filesFolder, partsFolder } from '../snapshot/layout.ts';
import { encodeNeighbours } from '../snapshot/neighbours-parquet.ts';
import { publishSnapshot } from '../snapshot/publish.ts';
import { Snapshot } from '../snapshot/snapshot.ts';
import { stopwatch, type Timed } from '../stopwatch.ts';
import type { Assembled } from './assemble.ts';
import { type Fit, labelsOf, readPca } from './fit.ts';
import { firstRefused, type Gathered } from './gather.ts';
import { publishKnown } from './known.ts';
import {
  contentOf,
  once,
  type PhasePorts,
  type ReduceOptions,
  resultOf,
  type TaskTimes,
  taskName,
} from './phase.ts';
import type { Plan } from './plan.ts';
import type { Projected } from './project.ts';
import type { Split } from './split.ts';

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
  /** Labels that identify tells apart, or why there are none. */
  classifier: { labels: number } | { none: string };
  /** By step; of tasks that ran side by side, the sum. */
  milliseconds: Record<string, number>;
}

/**
 * Looks whether every part is stored as it was written, writes everything of the snapshot that is not rows, `_SUCCESS`
 * last, and lets `latest.json` of its collection name it. A failure, or the end of the process, at any moment leaves the previous snapshot
 * current.
 */
export async function publish(ports: PhasePorts): Promise<ReduceResult> {
  return await once(ports, 'publish', async () => {
    const { work, snapshots, software, log } = ports;
    const { run: name, startedAt, options } = await resultOf<Plan>(work, 'plan');
    const { counts, ranges, model } = await resultOf<Split>(work, 'split');
    const pca = await readPca(work);
    const collection = collectionFolder(options.prefix);
    const snapshot = new Snapshot(snapshots, name, collection);
    const csv: string[] = [];
    const sampled: SampleFile[] = [];
    for (let range = 0; range < ranges; range++) {
      const projected = await resultOf<Projected>(work, taskName('project', range));
      snapshot.parts.push(...projected.parts);
      if (projected.csv !== undefined) csv.push(projected.csv);
      sampled.push(...projected.sample);
    }
    await snapshot.verifyParts();
    const own = stopwatch(ports.clock);
    const sample = await readSamples(sampled, (file) => contentOf(work, file));
    // First of all, as comparing brings the features to length 1.
    const classifier = await own.timed('classify', () => publishKnown(ports, snapshot, sample));
    const seen = await see(ports, sample, options, own.timed);
    const milliseconds = await timesOf(ports);
    for (const [step, value] of Object.entries(own.milliseconds)) {
      milliseconds[step] = (milliseconds[step] ?? 0) + value;
    }
    const { csv: asksCsv, thumbnails, prefix } = options;
    const run: Run = {
      snapshot,
      startedAt,
      software,
      csv: asksCsv,
      thumbnails,
      prefix,
      pca,
      counts,
      classifier,
      milliseconds,
    };

    await snapshot.writeFile('pca.onnx', encodePcaOnnx(pca));
    await snapshot.writeFile('pca.json', encodePcaJson(pca));
    await snapshot.writeFile(
      'neighbours.parquet',
      encodeNeighbours(seen.sample.rows, seen.review.neighbours),
    );
    if (options.csv) await snapshot.writeFile('pca_features.csv', { path: await joinFiles(ports, csv) });
    if (ports.report) await snapshot.writeFile('report.html', utf8(ports.report(run, seen)));
    await snapshot.writeFile('manifest.json', encodeManifest(run));
    await snapshot.writeFile('_SUCCESS', new Uint8Array());

    const files = `${collection}${filesFolder(name)}`;
    const parts = `${collection}${partsFolder(name)}`;
    const published = { snapshot: name, parts, manifest: `${files}manifest.json` };
    const latest = { ...published, files, rows: counts.used, model };
    const current = await publishSnapshot(ports, latest, { startedAt, parts: snapshot.parts }, collection);
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
      classifier: 'none' in classifier ? classifier : { labels: classifier.labels },
      milliseconds,
    };
    log.info('reduce', result);
    return result;
  });
}

/** Compares the rows that the ranges have sampled, and makes pictures of them where the snapshot is to hold any. */
async function see(
  { work, ...ports }: PhasePorts,
  sample: SampledRows,
  { thumbnails }: ReduceOptions,
  timed: Timed,
): Promise<Seen> {
  const { gathers } = await resultOf<Plan>(work, 'plan');
  const refused: RefusedPhoto[] = [];
  for (let task = 0; task < gathers; task++) {
    refused.push(...(await resultOf<Gathered>(work, taskName('gather', task))).refusedPhotos);
  }
  const pictures = thumbnails ? ports.pictures : undefined;
  const labels = await labelsOf(work);
  return await seePhotos({ ...ports, pictures }, { labels, sample, refused: firstRefused(refused) }, timed);
}

/** Milliseconds of all tasks before this one, by step. */
async function timesOf({ work }: PhasePorts): Promise<Record<string, number>> {
  const { gathers } = await resultOf<Plan>(work, 'plan');
  const split = await resultOf<Split>(work, 'split');
  const tasks: Promise<TaskTimes>[] = [];
  for (let task = 0; task < gathers; task++) tasks.push(resultOf<Gathered>(work, taskName('gather', task)));
  tasks.push(Promise.resolve(split));
  for (let range = 0; range < split.ranges; range++)
    tasks.push(resultOf<Assembled>(work, taskName('assemble', range)));
  tasks.push(resultOf<Fit>(work, 'fit'));
  for (let range = 0; range < split.ranges; range++)
    tasks.push(resultOf<Projected>(work, taskName('project', range)));
  const all: Record<string, number> = {};
  for (const { milliseconds } of await Promise.all(tasks)) {
    for (const [step, value] of Object.entries(milliseconds)) {
      all[step] = Math.round(((all[step] ?? 0) + value) * 100) / 100;
    }
  }
  return all;
}

/** Work files, one after the other, as one local file. @returns its path */
async function joinFiles({ work, folder }: PhasePorts, names: string[]): Promise<string> {
  const path = join(folder, 'joined');
  const file = await open(path, 'w');
  try {
    for (const name of names) await file.writeFile(await contentOf(work, name));
  } finally {
    await file.close();
  }
  return path;
}
