import { ContractBroken, VergerError } from '../errors.ts';
import { limit } from '../limit.ts';
import type { LocalWork } from './local-work.ts';
import { merge } from './merge.ts';
import { type NearPiece, PieceCursor, sliceBytes } from './piece-cursor.ts';
import type { Piece, Slice } from './sorted-run.ts';
import type { SpooledRow } from './spooled-row.ts';
import type { NearBytes, WorkStore } from './work-store.ts';

/** Some rows in path order. */
export interface RowBatch {
  rows: SpooledRow[];
  /** Row-major Float32Array [rows × d], replaced when the next batch is asked for. */
  features: Float32Array;
}

/** Ranged reads at a time: some 0.5 GB a second is more than a function's network gives. */
const READS_AT_ONCE = 16;

/**
 * Merges pieces of runs: their rows in path order, in batches of `batchRows` (the last may be smaller), the same batches
 * however the rows were spread over runs. Memory holds one batch, and a chunk of each piece.
 *
 * @throws ContractBroken when two rows have one path
 */
export function* sortedRows(pieces: NearPiece[], dimension: number, batchRows: number): Generator<RowBatch> {
  let left = pieces.reduce((sum, { rows }) => sum + rows, 0);
  // One for all batches: large arrays made for each are collected late.
  const features = new Float32Array(Math.min(batchRows, left) * dimension);
  let rows: SpooledRow[] = [];
  let last: Buffer | undefined;
  for (const cursor of merge(pieces.map((piece) => new PieceCursor(piece, dimension)))) {
    if (last?.equals(cursor.key)) {
      throw new ContractBroken(`the photo ${cursor.row.key} was read twice from the features table`);
    }
    last = cursor.key;
    features.set(cursor.features, rows.length * dimension);
    rows.push(cursor.row);
    left -= 1;
    if (rows.length === batchRows || left === 0) {
      yield { rows, features: features.subarray(0, rows.length * dimension) };
      rows = [];
    }
  }
}

/**
 * Brings pieces to local disk, by ranged reads, unless their files lie there.
 *
 * @param scratch takes what is brought: 4·d + 200 bytes a row
 */
export async function bringNear(
  work: WorkStore,
  pieces: Piece[],
  dimension: number,
  scratch: LocalWork,
): Promise<NearPiece[]> {
  const turn = limit(READS_AT_ONCE);
  const placeOf = async (slice: Slice): Promise<NearBytes> => {
    if (work.near) return work.near(slice.file, slice.start);
    return await turn(async () => {
      const end = slice.start + sliceBytes(slice, dimension);
      const bytes = await work.read(slice.file, slice.start, end);
      if (bytes?.length === end - slice.start) return scratch.append(bytes);
      throw new VergerError(
        'WORK_FILE_MISSING',
        `the work file ${slice.file} should have bytes ${slice.start} to ${end}; ${bytes?.length ?? 'none'} were read. ` +
          'Work files are removed after some days: reduce again',
      );
    });
  };
  return await Promise.all(
    pieces.map(async (piece) => ({ ...piece, places: await Promise.all(piece.slices.map(placeOf)) })),
  );
}
