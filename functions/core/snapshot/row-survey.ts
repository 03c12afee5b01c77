import type { SnapshotRows } from './rows.ts';

/** A photo's first two PCA columns, finite; `y` is 0 where only one component was kept. */
export interface SampledPoint {
  key: string;
  label: string | null;
  x: number;
  y: number;
}

/** Most rows that are sampled: as many points as a chart can show. */
export const MOST_POINTS = 8000;

/**
 * Whether this row of a snapshot is sampled: all rows up to {@link MOST_POINTS}, then that many
 * at even distances, which keeps every label's share because rows are sorted by path.
 *
 * @param row place of the row in the snapshot, from 0
 * @param rows number of rows of the snapshot
 */
export function isSampled(row: number, rows: number): boolean {
  if (rows <= MOST_POINTS) return true;
  return Math.floor(((row + 1) * MOST_POINTS) / rows) > Math.floor((row * MOST_POINTS) / rows);
}

/** What is said of rows, as plain JSON. */
export interface Surveyed {
  points: SampledPoint[];
  labels: { label: string | null; count: number }[];
}

/**
 * What is said of the rows as a whole, gathered while they pass in snapshot order, or joined out of surveys of ranges in
 * that order. Grows with labels, not with rows.
 */
export class RowSurvey implements Surveyed {
  readonly points: SampledPoint[] = [];
  readonly #rows: number;
  readonly #labels = new Map<string | null, number>();
  #seen: number;

  /**
   * @param rows number of rows of the snapshot
   * @param first place in the snapshot of the first row that will pass
   */
  constructor(rows: number, first = 0) {
    this.#rows = rows;
    this.#seen = first;
  }

  add({ rows, pcaFeatures }: SnapshotRows): void {
    const k = pcaFeatures.length / rows.length;
    for (const [index, { key, label }] of rows.entries()) {
      this.#count(label, 1);
      if (isSampled(this.#seen, this.#rows)) {
        const x = pcaFeatures[index * k] ?? 0;
        const y = k > 1 ? (pcaFeatures[index * k + 1] ?? 0) : 0;
        this.points.push({ key, label, x, y });
      }
      this.#seen += 1;
    }
  }

  /** Takes in what was said of the rows after those so far. */
  join({ points, labels }: Surveyed): void {
    for (const { label, count } of labels) this.#count(label, count);
    this.points.push(...points);
  }

  get labels(): Surveyed['labels'] {
    return [...this.#labels].map(([label, count]) => ({ label, count }));
  }

  #count(label: string | null, more: number): void {
    this.#labels.set(label, (this.#labels.get(label) ?? 0) + more);
  }
}
