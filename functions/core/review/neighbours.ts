/** Which photos are most alike, by the cosine of their features: exact, in blocks of matrix products. */
import { ModelMismatch } from '../errors.ts';
import type { MatrixProducts } from '../pca/matrix.ts';

/** Each row's nearest other rows, nearest first; of rows as near, the earlier first. */
export interface Neighbours {
  /** Neighbours a row, k: fewer than asked for where there are not as many other rows. */
  each: number;
  /** Places of rows, row-major Int32Array [n × k]. */
  place: Int32Array;
  /** Cosines in [−1, 1], row-major Float32Array [n × k]. */
  similarity: Float32Array;
}

/** Rows a block: the products of two blocks take 17 MB. */
const BLOCK = 2048;

/**
 * Finds for each row the `most` other rows whose cosine is largest. Takes n²·d multiplications, each pair of rows once, and
 * memory for two blocks beside the rows themselves. A row of zeros is like no other: its cosines are 0.
 *
 * @param rows row-major Float32Array [n × d]; each is brought to length 1 in place
 * @throws ModelMismatch when they are not n rows of d features
 */
export async function findNeighbours(
  rows: Float32Array,
  n: number,
  d: number,
  products: MatrixProducts,
  most = 8,
): Promise<Neighbours> {
  if (rows.length !== n * d) throw new ModelMismatch(`${rows.length} numbers are not ${n} rows of ${d}`);
  normalize(rows, d);
  const each = Math.max(0, Math.min(most, n - 1));
  const found: Neighbours = {
    each,
    place: new Int32Array(n * each).fill(-1),
    similarity: new Float32Array(n * each).fill(Number.NEGATIVE_INFINITY),
  };
  // One for all: what is new is slow, and collected late.
  const memory = new Float32Array(Math.min(BLOCK, n) ** 2);
  /** The last of each row's similarities, side by side. */
  const least = new Float32Array(n).fill(Number.NEGATIVE_INFINITY);
  const block = (start: number) => rows.subarray(start * d, Math.min(start + BLOCK, n) * d);
  // Left blocks in order, and right ones from there on: each row meets the others in their order.
  for (let left = 0; left < n; left += BLOCK) {
    for (let right = left; right < n; right += BLOCK) {
      const [a, b] = [block(left), block(right)];
      const cosines = await products.inner(a, b, a.length / d, b.length / d, d, memory);
      takeIn(found, least, cosines, left, right, b.length / d);
    }
  }
  return found;
}

/** Columns at a time of which one number tells that hardly any cosine is large enough. */
const FEW = 64;

/** Takes a block of cosines in: for the rows at its left and, where they are others, for those at its top. */
function takeIn(
  found: Neighbours,
  least: Float32Array,
  cosines: Float32Array,
  left: number,
  top: number,
  wide: number,
): void {
  const leastOfFew = Float32Array.from({ length: Math.ceil(wide / FEW) }, (_, few) =>
    least.subarray(top + few * FEW, top + Math.min(wide, (few + 1) * FEW)).reduce((a, b) => Math.min(a, b)),
  );
  for (let row = left, at = 0; at < cosines.length; row++) {
    for (let few = 0, column = top; few < leastOfFew.length; few++) {
      const enough = left === top ? least[row]! : Math.min(least[row]!, leastOfFew[few]!);
      for (const end = Math.min(column + FEW, top + wide); column < end; column++, at++) {
        const cosine = cosines[at]!;
        if (!(cosine > enough)) continue;
        if (cosine > least[row]! && row !== column) insert(found, least, row, column, cosine);
        if (left !== top && cosine > least[column]!) insert(found, least, column, row, cosine);
      }
    }
  }
}

/** Puts another row among a row's nearest: behind those as near. @param least the last of each row's similarities */
export function insert(
  { each, place, similarity }: Neighbours,
  least: Float32Array,
  row: number,
  other: number,
  cosine: number,
): void {
  let at = row * each + each - 1;
  for (; at > row * each && similarity[at - 1]! < cosine; at--) {
    similarity[at] = similarity[at - 1]!;
    place[at] = place[at - 1]!;
  }
  similarity[at] = cosine;
  place[at] = other;
  least[row] = similarity[(row + 1) * each - 1]!;
}

function normalize(rows: Float32Array, d: number): void {
  for (let start = 0; start < rows.length; start += d) {
    let sum = 0;
    for (let at = start; at < start + d; at++) sum += rows[at]! ** 2;
    const scale = sum > 0 ? 1 / Math.sqrt(sum) : 0;
    for (let at = start; at < start + d; at++) rows[at]! *= scale;
  }
}
