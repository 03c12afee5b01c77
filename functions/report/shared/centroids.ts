/** Where each label lies on the map. */
export interface Centroid {
  /** Place of the label in `payload.labels`. */
  label: number;
  photos: number;
  /** Medians, which a few strays do not move. */
  x: number;
  y: number;
  /** Median distance of the label's points from there. */
  spread: number;
  /** Of the points within the spread, the share that are this label's. */
  own: number;
}

/**
 * One centroid for each label that has points, in the labels' order.
 *
 * @param labels place of each point's label
 * @param xs coordinates of each point
 * @param ys as many
 */
export function centroids(labels: number[], xs: number[], ys: number[]): Centroid[] {
  const members = new Map<number, number[]>();
  for (const [at, label] of labels.entries()) {
    const of = members.get(label);
    if (of) of.push(at);
    else members.set(label, [at]);
  }
  return [...members]
    .sort(([a], [b]) => a - b)
    .map(([label, of]) => {
      const x = median(of.map((at) => xs[at]!));
      const y = median(of.map((at) => ys[at]!));
      const away = (at: number) => Math.hypot(xs[at]! - x, ys[at]! - y);
      const spread = median(of.map(away));
      const around = labels.filter((_, at) => away(at) <= spread);
      const own = around.filter((other) => other === label).length / around.length;
      return { label, photos: of.length, x, y, spread, own };
    });
}

/** The middle value, or the mean of the two in the middle; the list is not empty. */
function median(values: number[]): number {
  const sorted = values.sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle]!;
  return sorted.length % 2 === 1 ? upper : (sorted[middle - 1]! + upper) / 2;
}
