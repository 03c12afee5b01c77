import { PART_ROWS } from '../snapshot/parts.ts';

/**
 * The tree in which everything about rows is summed, so that who computes which part changes no bit: rows in path order;
 * parts, each its own sum; ranges of so many parts, each the merge of its parts in order; the whole, the merge of the
 * ranges in order.
 */
export interface Tree {
  partRows: number;
  rangeParts: number;
}

/** Most rows a range: 1.4 GB at 1280 features, which fit on a function's disk. */
const RANGE_ROWS = 262_144;

export const TREE: Tree = { partRows: PART_ROWS, rangeParts: Math.floor(RANGE_ROWS / PART_ROWS) };

/** Rows a range; the last may have fewer. */
export function rangeRows({ partRows, rangeParts }: Tree): number {
  return partRows * rangeParts;
}
