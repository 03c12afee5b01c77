import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { csvHeader, encodeCsv } from './csv.ts';
import { ParquetWriter, ROW_GROUP_ROWS } from './parquet.ts';
import type { SnapshotRows } from './rows.ts';
import type { Snapshot } from './snapshot.ts';

/** Most rows a part; chosen in docs/parquet.md. */
export const PART_ROWS = 8 * ROW_GROUP_ROWS;

/** Rows to be written, and how. */
export interface RowsToWrite {
  /** All rows in path order, in batches of a size that divides {@link ROW_GROUP_ROWS}. */
  batches: AsyncGenerator<SnapshotRows>;
  rows: number;
  components: number;
  /** Whether to write `pca_features.csv` too. */
  csv: boolean;
  /** JSON kept in every part. */
  provenance: string;
  /** A folder on local disk, where a file lies until it is stored. */
  temporaryDirectory: string;
}

/** Writes rows as Parquet parts, and as CSV where asked for, with one row group in memory. */
export async function writeParts(snapshot: Snapshot, input: RowsToWrite): Promise<void> {
  if (!input.csv) return await writeParquetParts(snapshot, input);
  const path = join(input.temporaryDirectory, 'pca_features.csv');
  const file = await open(path, 'wx');
  try {
    await file.writeFile(csvHeader(input.components));
    await writeParquetParts(snapshot, { ...input, batches: copyToCsv(input.batches, file) });
  } finally {
    await file.close();
  }
  await snapshot.writeFile('pca_features.csv', { path });
}

/** Stores one part while the next is written: the disk holds two. */
async function writeParquetParts(snapshot: Snapshot, input: RowsToWrite): Promise<void> {
  const parquet = new ParquetWriter();
  let storing: Promise<void> | undefined;
  try {
    for (let part = 0; part * PART_ROWS < input.rows; part++) {
      const name = `part-${String(part).padStart(5, '0')}.parquet`;
      const path = join(input.temporaryDirectory, name);
      const rows = await parquet.write(path, take(input.batches, PART_ROWS), input.provenance);
      await storing;
      storing = snapshot.writePart(name, path, rows).then(() => rm(path));
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

async function* copyToCsv(
  batches: AsyncGenerator<SnapshotRows>,
  file: FileHandle,
): AsyncGenerator<SnapshotRows> {
  for await (const batch of batches) {
    for (const piece of encodeCsv(batch)) await file.writeFile(piece);
    yield batch;
  }
}
