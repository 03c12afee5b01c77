/** Everything the report shows. Strings may hold anything: none is trusted as markup. */
export interface ReportData {
  /** Folder of the snapshot. */
  snapshot: string;
  /** ISO 8601 UTC. */
  createdAt: string;
  model: string;
  /** Features of each photo. */
  dimension: number;
  /** Photos used, ≥ 1. */
  rows: number;
  /** As asked: components is a whole number, a share of the variance in (0, 1], `elbow` or `all`. */
  options: { components: number | 'elbow' | 'all'; standardize: boolean; projection: 'centered' | 'spark' };
  /** Components kept, ≥ 1. */
  components: number;
  /** The eigenvalues known, descending: at least those of the components kept. */
  spectrum: number[];
  /** Sum of all eigenvalues. */
  totalVariance: number;
  /** Number of components at the elbow of the spectrum, and by which method. */
  elbow?: { components: number; method: string } | undefined;
  /** Photos used by label, in any order; null: without a label. */
  labels: { label: string | null; count: number }[];
  /** Photos refused, by reason. */
  refused: { reason: string; count: number }[];
  /** Items of the table left out for other reasons, in words. */
  skipped: { why: string; count: number }[];
  durations: { step: string; milliseconds: number }[];
  warnings: string[];
  /** Photos used, or those that core samples of them, in any order. */
  points: ReportPoint[];
}

/** A photo's first two PCA columns, finite; `y` is not read where only one component was kept. */
export interface ReportPoint {
  key: string;
  label: string | null;
  x: number;
  y: number;
}
