/** Where a cluster is cheaper. */

/** Whole numbers from `from` to `to`, both included. */
export interface Range {
  from: number;
  to: number;
}

/**
 * The ranges of whole numbers from 1 to `most` in which something holds, found by trying powers of two and halving
 * between those that differ. Narrow ranges between two powers of two are missed.
 *
 * @param most a power of two
 */
export function rangesWhere(holds: (amount: number) => boolean, most: number): Range[] {
  const ranges: Range[] = [];
  let from = holds(1) ? 1 : undefined;
  for (let power = 1; power < most; power *= 2) {
    const isHolding = holds(2 * power);
    if (isHolding === (from !== undefined)) continue;
    const change = firstDifferent(holds, power, 2 * power);
    if (from === undefined) {
      from = change;
    } else {
      ranges.push({ from, to: change - 1 });
      from = undefined;
    }
  }
  if (from !== undefined) ranges.push({ from, to: most });
  return ranges;
}

/** The first number after `low` at which `holds` is as at `high` and not as at `low`, if it changes once. */
function firstDifferent(holds: (amount: number) => boolean, low: number, high: number): number {
  const target = holds(high);
  let before = low;
  let after = high;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (holds(middle) === target) after = middle;
    else before = middle;
  }
  return after;
}
