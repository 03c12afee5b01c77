import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ParquetWriter, ROW_GROUP_ROWS } from './parquet.ts';
import { PartSurvey } from './part-statistics.ts';
import type { SnapshotRows } from './rows.ts';
import type { Snapshot } from './snapshot.ts';

/** Most rows a part, and no more than a range has (reduce/tree.ts); chosen in docs/parquet.md. */
export const PART_ROWS = 8 * ROW_GROUP_ROWS;

/** Rows to be written, and how. */
export interface RowsToWrite {
  /** Rows in path order, in batches of a size that divides {@link ROW_GROUP_ROWS} and `partRows`. */
  batches: AsyncGenerator<SnapshotRows>;
  rows: number;
  /** Number of the first part, from 0. */
  firstPart: number;
  /** Rows a part; the last may have fewer. */
  partRows: number;
  /** JSON kept in every part. */
  provenance: string;
  /** A folder on local disk, where a file lies until it is stored. */
  temporaryDirectory: string;
}

/**
 * Writes rows as Parquet parts, with one row group in memory. One part is stored while the next is written: the disk
 * holds two.
 */
export async function writeParts(snapshot: Snapshot, input: RowsToWrite): Promise<void> {
  const parquet = new ParquetWriter();
  let storing: Promise<void> | undefined;
  try {
    for (let part = 0; part * input.partRows < input.rows; part++) {
      const name = `part-${String(input.firstPart + part).padStart(5, '0')}.parquet`;
      const path = join(input.temporaryDirectory, name);
      const survey = new PartSurvey();
      const batches = survey.watch(take(input.batches, input.partRows));
      const rows = await parquet.write(path, batches, input.provenance);
      await storing;
      storing = snapshot.writePart(name, path, rows, survey.statistics).then(() => rm(path));
      storing.catch(() => {}); // awaited below, or with the next part
    }
  } finally {
    await parquet.close();
    await storing;
  }
}

/** The next batches, up to `rows` rows; more can be taken from the generator afterwards. */
async function* take(batches: AsyncGenerator<SnapshotRows>, rows: number): AsyncGenerator<SnapshotRows> {
  for (let taken = 0; taken < rows; ) {
    const { value, done } = await batches.next();
    if (done) return;
    taken += value.rows.length;
    yield value;
  }
}
