/** Where the merged order of many sorted runs is to be cut, without merging them. */
import { limit } from '../limit.ts';
import { type Cursor, merge } from '../spool/merge.ts';
import { CHUNK_ROWS, keysName, type SortedRun } from '../spool/sorted-run.ts';
import type { WorkStore } from '../spool/work-store.ts';
import { contentOf } from './phase.ts';

/** Ranged reads at a time, of some kilobytes each. */
const READS_AT_ONCE = 64;

/** Between which chunks of each run a boundary lies. */
interface Bracket {
  /** Rows of the merged order before the boundary. */
  rank: number;
  /** For each run: the chunk before which every row is before the boundary. */
  from: Int32Array;
  /** For each run: the last chunk that may have rows before the boundary; −1 where none has. */
  to: Int32Array;
  /** Rows before the chunks of `from`, fewer than `rank`, as the chunks that began last are not among them. */
  before: number;
}

/**
 * For each rank, how many rows of each run are among the first so many of the merged order.
 *
 * The paths at which chunks begin, merged, bracket each boundary to a few chunks of each run; only the paths of those
 * chunks are read, and merged, to find the boundary to the row.
 *
 * @param ranks ascending, each above 0 and below the number of all rows
 * @returns for each rank, the number of rows of each run
 */
export async function findBoundaries(
  work: WorkStore,
  runs: SortedRun[],
  ranks: number[],
): Promise<number[][]> {
  const turn = limit(READS_AT_ONCE);
  const boundaries: number[][] = [];
  for (const bracket of bracketBoundaries(runs, ranks)) {
    const lists = await Promise.all(
      runs.map((run, at) => turn(() => readKeys(work, run, bracket.from[at]!, bracket.to[at]!))),
    );
    boundaries.push(cutAt(bracket, lists));
  }
  return boundaries;
}

function bracketBoundaries(runs: SortedRun[], ranks: number[]): Bracket[] {
  const rowsOf = (run: number, chunk: number) => Math.min(CHUNK_ROWS, runs[run]!.rows - chunk * CHUNK_ROWS);
  const current = new Int32Array(runs.length).fill(-1);
  const brackets: Bracket[] = [];
  let [opened, closed] = [0, 0];
  let complete = 0; // rows of chunks that have a successor: all are below the path at hand
  let started = 0; // rows of chunks that have begun: no others are below the path at hand
  for (const { run, chunk } of ranks.length > 0
    ? merge(runs.map((each, at) => new ChunkCursor(each, at)))
    : []) {
    started += rowsOf(run, chunk);
    for (; opened < ranks.length && started > ranks[opened]!; opened++) {
      const from = current.map((at) => Math.max(0, at));
      brackets.push({ rank: ranks[opened]!, from, to: current, before: complete });
    }
    if (chunk > 0) complete += rowsOf(run, chunk - 1);
    current[run] = chunk;
    for (; closed < opened && complete >= ranks[closed]!; closed++) brackets[closed]!.to = current.slice();
  }
  for (; closed < opened; closed++) brackets[closed]!.to = current.slice();
  return brackets;
}

/** The first rows of the merged chunks, until the boundary's rank is reached. */
function cutAt({ rank, from, before }: Bracket, lists: string[][]): number[] {
  const rows = Array.from(from, (chunk) => chunk * CHUNK_ROWS);
  let left = rank - before;
  const cursors = lists.flatMap((keys, run) => (keys.length > 0 ? [new KeyCursor(keys, run)] : []));
  for (const { run } of merge(cursors)) {
    rows[run]! += 1;
    left -= 1;
    if (left === 0) break;
  }
  return rows;
}

async function readKeys(work: WorkStore, run: SortedRun, from: number, to: number): Promise<string[]> {
  if (to < from) return [];
  const start = sum(run.keyBytes, 0, from);
  const end = start + sum(run.keyBytes, from, to + 1);
  const lines = Buffer.from(await contentOf(work, keysName(run.name), start, end)).toString();
  return lines
    .trimEnd()
    .split('\n')
    .flatMap((line) => JSON.parse(line) as string[]);
}

function sum(values: number[], from: number, to: number): number {
  let total = 0;
  for (let at = from; at < to; at++) total += values[at]!;
  return total;
}

/** Walks through the paths at which a run's chunks begin. */
class ChunkCursor implements Cursor {
  chunk = 0;
  key: Buffer;
  readonly run: number;
  readonly #keys: string[];

  constructor({ keys }: SortedRun, run: number) {
    this.run = run;
    this.#keys = keys;
    this.key = Buffer.from(keys[0]!);
  }

  advance(): boolean {
    this.chunk += 1;
    if (this.chunk === this.#keys.length) return false;
    this.key = Buffer.from(this.#keys[this.chunk]!);
    return true;
  }
}

/** Walks through paths. */
class KeyCursor implements Cursor {
  key: Buffer;
  readonly run: number;
  readonly #keys: Iterator<string>;

  constructor(keys: string[], run: number) {
    this.run = run;
    this.#keys = keys.values();
    this.key = Buffer.from(this.#keys.next().value as string);
  }

  advance(): boolean {
    const { value, done } = this.#keys.next();
    if (done) return false;
    this.key = Buffer.from(value);
    return true;
  }
}
