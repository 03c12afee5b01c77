/**
 * Compares keys as people count: `9.jpg` before `10.jpg`. Runs of digits compare as numbers, all else by UTF-16 units, so
 * that photos taken or spun one after the other stay side by side.
 *
 * @returns below 0 where a comes first, above 0 where b does, 0 for the same key
 */
export function naturalOrder(a: string, b: string): number {
  const [left, right] = [piecesOf(a), piecesOf(b)];
  for (let i = 0; i < left.length && i < right.length; i++) {
    const order = comparePieces(left[i]!, right[i]!);
    if (order !== 0) return order;
  }
  return left.length - right.length || compare(a, b);
}

function piecesOf(key: string): string[] {
  return key.match(/\d+|\D+/g) ?? [];
}

function comparePieces(a: string, b: string): number {
  if (!/^\d/.test(a) || !/^\d/.test(b)) return compare(a, b);
  const [left, right] = [a.replace(/^0+(?=\d)/, ''), b.replace(/^0+(?=\d)/, '')];
  return left.length - right.length || compare(left, right);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
