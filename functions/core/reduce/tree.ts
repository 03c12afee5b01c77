import { PART_ROWS } from '../snapshot/parts.ts';

/**
 * The tree in which everything about rows is summed, so that who computes which part changes no bit: rows in path order;
 * parts of 32,768 rows, each its own sum; ranges of 8 parts, each the merge of its parts in order; the whole, the merge
 * of the ranges in order.
 */
export interface Tree {
  partRows: number;
  rangeParts: number;
}

/** A range has 262,144 rows: 1.4 GB at 1280 features, which fit on a function's disk. */
export const TREE: Tree = { partRows: PART_ROWS, rangeParts: 8 };

/** Rows a range; the last may have fewer. */
export function rangeRows({ partRows, rangeParts }: Tree): number {
  return partRows * rangeParts;
}
