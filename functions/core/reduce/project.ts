/** The sixth phase: the rows of one range, projected, become Parquet parts of the snapshot. */
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { projectRows } from '../pca/projection.ts';
import { EvenSample } from '../review/even-sample.ts';
import { MOST_COMPARED } from '../review/review.ts';
import { RowSampler, type SampleFile } from '../review/sample.ts';
import { csvHeader, encodeCsv } from '../snapshot/csv.ts';
import { encodeProvenance } from '../snapshot/documents.ts';
import { collectionFolder } from '../snapshot/layout.ts';
import { writeParts } from '../snapshot/parts.ts';
import type { SnapshotRows } from '../snapshot/rows.ts';
import { Snapshot, type SnapshotPart } from '../snapshot/snapshot.ts';
import { readPiecewise } from '../spool/local-work.ts';
import { bringNear, type RowBatch, sortedRows } from '../spool/sorted-rows.ts';
import { stopwatch } from '../stopwatch.ts';
import { labelsOf, readPca } from './fit.ts';
import { once, type PhasePorts, resultOf, type TaskTimes, taskName } from './phase.ts';
import type { Plan } from './plan.ts';
import { readPieces, type Split } from './split.ts';
import { rangeRows } from './tree.ts';

/** What is known of a range once it is written. */
export interface Projected extends TaskTimes {
  parts: SnapshotPart[];
  /** Files of the range's share of the rows that are compared with each other, and that identify compares with. */
  sample: SampleFile[];
  /** File of the range's lines of CSV, where they were asked for. */
  csv?: string;
}

/** Rows in memory at a time; it divides the rows of a row group. */
const ROWS_TO_PROJECT = 1024;

/**
 * Merges the rows of one range once more, projects them, and writes them as Parquet parts where the snapshot has them.
 *
 * Whatever is told of rows by their PCA columns, or is gathered for report and manifest while rows pass, belongs into
 * what this returns, in a size that does not grow with the rows: {@link RowSampler}'s rows are such. `publish` merges it
 * over ranges, in order, and reads no other rows.
 */
export async function project(ports: PhasePorts, range: number): Promise<Projected> {
  return await once(ports, taskName('project', range), async (attempt) => {
    const {
      work,
      products,
      mostCompared = MOST_COMPARED,
      snapshots,
      software,
      folder,
      scratch,
      tree,
    } = ports;
    const { milliseconds, timed } = stopwatch(ports.clock);
    return await timed('write', async () => {
      const { run, options } = await resultOf<Plan>(work, 'plan');
      const split = await resultOf<Split>(work, 'split');
      const { counts, dimension } = split;
      const pca = await readPca(work);
      const pieces = await bringNear(work, await readPieces(ports, split, range), dimension, scratch);
      const first = range * rangeRows(tree);
      const snapshot = new Snapshot(snapshots, run, collectionFolder(options.prefix));
      const name = `${taskName('project', range)}-${attempt}`;
      const even = new EvenSample(await labelsOf(work), mostCompared, await labelsOf(work, range));
      const sampler = new RowSampler(even, work, `${name}.sample`);

      async function* projected(batches: Iterable<RowBatch>): AsyncGenerator<SnapshotRows> {
        for (const { rows, features } of batches) {
          const columns = await timed('project', () => projectRows(pca, features, rows.length, products));
          const batch = { model: pca.model, rows, features, pcaFeatures: columns };
          await sampler.add(batch);
          yield batch;
        }
      }
      const write = (batches: AsyncGenerator<SnapshotRows>) =>
        writeParts(snapshot, {
          batches,
          rows: Math.min(rangeRows(tree), counts.used - first),
          firstPart: range * tree.rangeParts,
          partRows: tree.partRows,
          provenance: encodeProvenance({ software, pca, counts, prefix: options.prefix }),
          temporaryDirectory: folder,
        });

      const batches = projected(sortedRows(pieces, dimension, Math.min(ROWS_TO_PROJECT, tree.partRows)));
      const csv = `${name}.csv`;
      const header = range === 0 ? csvHeader(pca.k) : '';
      const encode = (batch: SnapshotRows) => encodeCsv(batch, options.csv === 'spreadsheet');
      if (options.csv) await writeCsv(ports, csv, header, encode, batches, write);
      else await write(batches);
      const sample = await sampler.end();
      return { parts: snapshot.parts, sample, ...(options.csv && { csv }), milliseconds };
    });
  });
}

/** Writes rows as CSV too, while they pass. */
async function writeCsv(
  { work, folder }: PhasePorts,
  name: string,
  header: string,
  encode: (batch: SnapshotRows) => Iterable<string>,
  batches: AsyncGenerator<SnapshotRows>,
  write: (batches: AsyncGenerator<SnapshotRows>) => Promise<void>,
): Promise<void> {
  const path = join(folder, 'rows.csv');
  const file = await open(path, 'w');
  try {
    await file.writeFile(header);
    await write(copyToCsv(batches, encode, file));
  } finally {
    await file.close();
  }
  await work.write(name, readPiecewise(path));
}

async function* copyToCsv(
  batches: AsyncGenerator<SnapshotRows>,
  encode: (batch: SnapshotRows) => Iterable<string>,
  file: FileHandle,
): AsyncGenerator<SnapshotRows> {
  for await (const batch of batches) {
    for (const piece of encode(batch)) await file.writeFile(piece);
    yield batch;
  }
}
