/** The third phase: all rows in path order are cut into ranges. */
import { ContractBroken, ModelMismatch, TooFewRows } from '../errors.ts';
import type { ItemCounts } from '../item-counts.ts';
import { preview } from '../preview.ts';
import { type Piece, pieceOf, type SortedRun } from '../spool/sorted-run.ts';
import { stopwatch } from '../stopwatch.ts';
import { findBoundaries } from './boundaries.ts';
import type { Gathered } from './gather.ts';
import { contentOf, once, type PhasePorts, resultOf, type TaskTimes, taskName } from './phase.ts';
import type { Plan } from './plan.ts';
import { rangeRows } from './tree.ts';

/** The table as it was read, once. */
export interface Split extends TaskTimes {
  model: string;
  /** Features a row, d. */
  dimension: number;
  counts: ItemCounts;
  /** Number of ranges, of which the last may be smaller. */
  ranges: number;
  /** Beginning of the names of the files that hold each range's pieces. */
  pieces: string;
}

/**
 * Adds up what was gathered, and finds which rows of which runs make up each range of the merged order, from the runs'
 * indexes and, around each boundary, their files of paths. Memory holds the indexes: some 13 bytes a row.
 *
 * @throws ModelMismatch when the rows are of more than one model
 * @throws ContractBroken when rows of one model differ in length
 * @throws TooFewRows when fewer than 2 photos have features
 */
export async function split(ports: PhasePorts): Promise<Split> {
  return await once(ports, 'split', async (attempt) => {
    const { work, log } = ports;
    const { milliseconds, timed } = stopwatch(ports.clock);
    return await timed('split', async () => {
      const { gathers, options } = await resultOf<Plan>(work, 'plan');
      const all: Gathered[] = [];
      for (let task = 0; task < gathers; task++) all.push(await resultOf(work, taskName('gather', task)));
      const model = onlyModel(all);
      const counts = countsOf(all);
      if (counts.used < 2) throw tooFew(counts, options.prefix);
      const dimension = onlyDimension(all, model);
      log.info('reduce-paged', { model, ...counts });

      const runs = all.flatMap((gathered) => gathered.runs);
      const each = rangeRows(ports.tree);
      const ranges = Math.ceil(counts.used / each);
      const inner = Array.from({ length: ranges - 1 }, (_, range) => (range + 1) * each);
      const boundaries = [runs.map(() => 0), ...(await findBoundaries(work, runs, inner))];
      const pieces = `split/${attempt}`;
      for (const [range, from] of boundaries.entries()) {
        const to = boundaries[range + 1] ?? runs.map(({ rows }) => rows);
        const content = Buffer.from(JSON.stringify(piecesOf(runs, dimension, from, to)));
        await work.write(taskName(pieces, range), [content]);
      }
      return { model, dimension, counts, ranges, pieces, milliseconds };
    });
  });
}

/** The pieces of a range. */
export async function readPieces({ work }: PhasePorts, { pieces }: Split, range: number): Promise<Piece[]> {
  return JSON.parse(Buffer.from(await contentOf(work, taskName(pieces, range))).toString()) as Piece[];
}

function piecesOf(runs: SortedRun[], dimension: number, from: ArrayLike<number>, to: ArrayLike<number>) {
  return runs.flatMap((run, at) =>
    to[at]! > from[at]! ? [pieceOf(run, dimension, from[at]!, to[at]!)] : [],
  );
}

function countsOf(all: Gathered[]): ItemCounts {
  const rows = all.flatMap(({ runs }) => runs.map((run) => run.rows));
  return {
    used: rows.reduce((sum, value) => sum + value, 0),
    refused: Object.fromEntries([...addUp(all.flatMap(({ refused }) => refused))].sort()),
    erased: all.reduce((sum, { erased }) => sum + erased, 0),
  };
}

function onlyModel(all: Gathered[]): string {
  const models = addUp(all.flatMap((gathered) => gathered.models));
  if (models.size > 1) {
    const list = [...models].sort().map(([model, count]) => `${model} (${count} photos)`);
    throw new ModelMismatch(
      `the table holds features of ${models.size} models, which cannot be compared: ${list.join(', ')}. ` +
        'Run backfill until every photo has features of the model in use, then reduce again',
    );
  }
  return [...models.keys()][0] ?? '';
}

function onlyDimension(all: Gathered[], model: string): number {
  const [first, ...others] = all.filter(({ runs }) => runs.length > 0);
  const dimension = first?.dimension ?? 0;
  const other = others.find((gathered) => gathered.dimension !== dimension);
  if (other === undefined) return dimension;
  throw new ContractBroken(
    `${other.runs[0]?.keys[0]} has ${other.dimension} features where ${first?.runs[0]?.keys[0]} has ${dimension}, both of ${model}; featurize them again`,
  );
}

function tooFew({ used, refused, erased }: ItemCounts, prefix: string): TooFewRows {
  const refusals = Object.values(refused).reduce((sum, count) => sum + count, 0);
  const where = prefix === '' ? 'the table' : `the collection of keys that begin with ${preview(prefix)}`;
  return new TooFewRows(
    `a PCA needs at least 2 photos with features; ${where} has ${used} (${refusals} refused, ${erased} erased)`,
  );
}

function addUp(counts: [string, number][]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const [key, count] of counts) sums.set(key, (sums.get(key) ?? 0) + count);
  return sums;
}
