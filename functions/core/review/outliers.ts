/** Photos that look like nothing else: far from their own label and from all others. */
import type { Neighbours } from './neighbours.ts';

export interface Outlier {
  /** Place of the photo. */
  place: number;
  /** How far out it lies, in robust standard deviations: the less of the two below. */
  score: number;
  /** Mean cosine to its neighbours, and what is usual: the median over all photos. */
  near: number;
  usualNear: number;
  /** Cosine to the mean of the other photos of its label, and what is usual; absent where it is the only one. */
  own?: number;
  usualOwn?: number;
}

/** From this modified z-score on a value is an outlier (Iglewicz and Hoaglin, "How to detect and handle outliers", 1993). */
const FAR = 3.5;

/**
 * The photos whose mean cosine to their neighbours, and whose cosine to the mean of their own label, both lie more than 3.5
 * robust standard deviations below what is usual; the farthest out first.
 *
 * @param rows of length 1, row-major Float32Array [n × d]
 */
export function findOutliers(
  labels: readonly (string | null)[],
  rows: Float32Array,
  d: number,
  { each, similarity }: Neighbours,
): Outlier[] {
  const near = labels.map((_, at) => {
    let sum = 0;
    for (let rank = at * each; rank < (at + 1) * each; rank++) sum += similarity[rank]!;
    return sum / each;
  });
  const own = cosinesToOwn(labels, rows, d);
  const nearScore = scorer(near);
  const ownScore = scorer(own.filter((cosine) => cosine !== undefined));
  return labels
    .flatMap((_, place): Outlier[] => {
      const cosine = own[place];
      const score = Math.min(
        nearScore.of(near[place]!),
        cosine === undefined ? Number.POSITIVE_INFINITY : ownScore.of(cosine),
      );
      if (!(score > FAR)) return [];
      const usual = { near: near[place]!, usualNear: nearScore.usual };
      return [
        { place, score, ...usual, ...(cosine !== undefined && { own: cosine, usualOwn: ownScore.usual }) },
      ];
    })
    .sort((a, b) => b.score - a.score);
}

/** Each row's cosine to the mean of the others of its label; undefined where there is no label, or no other. */
function cosinesToOwn(labels: readonly (string | null)[], rows: Float32Array, d: number) {
  const sums = new Map<string, { count: number; sum: Float64Array }>();
  for (const [at, label] of labels.entries()) {
    if (label === null) continue;
    const of = sums.get(label) ?? { count: 0, sum: new Float64Array(d) };
    of.count += 1;
    for (let i = 0; i < d; i++) of.sum[i]! += rows[at * d + i]!;
    sums.set(label, of);
  }
  return labels.map((label, at) => {
    const of = label === null ? undefined : sums.get(label);
    if (of === undefined || of.count < 2) return undefined;
    let [inner, square] = [0, 0];
    for (let i = 0; i < d; i++) {
      const value = rows[at * d + i]!;
      const others = of.sum[i]! - value;
      inner += value * others;
      square += others ** 2;
    }
    return square > 0 ? inner / Math.sqrt(square) : 0;
  });
}

/** How far below the median a value lies, in standard deviations told by the median absolute deviation. */
function scorer(values: number[]): { usual: number; of(value: number): number } {
  const usual = median(values);
  const spread = 1.4826 * median(values.map((value) => Math.abs(value - usual)));
  return { usual, of: (value) => (spread > 0 ? (usual - value) / spread : 0) };
}

function median(values: number[]): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
