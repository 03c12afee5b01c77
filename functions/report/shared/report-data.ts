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
  /** What the keys of its photos begin with; absent or empty: all photos. */
  prefix?: string;
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
  /** What identify answers with, and how it was tried; or why there is no classifier. Absent where nobody says. */
  classifier?: ReportClassifier | { none: string };
  durations: { step: string; milliseconds: number }[];
  warnings: string[];
  /** Photos on the map: those used, or an even sample of them and those that the lists name, in any order. */
  points: ReportPoint[];
  /** Photos that are not on the map but neighbours of ones that are. */
  others?: ReportPhoto[];
  /** Absent where photos were not compared. */
  review?: ReportReview;
  /** Some of the refused, by key. */
  refusedPhotos?: { key: string; reason: string; detail: string }[];
  /** Pictures of photos that the page holds; absent where it is to hold none. */
  pictures?: { made: number; wanted: number; gone: number; ended: 'all' | 'bytes' | 'time' };
}

export interface ReportPhoto {
  key: string;
  label: string | null;
  /** WebP in base64. */
  thumbnail?: string;
}

export interface ReportPoint extends ReportPhoto {
  /** The first PCA columns, finite: at least one, at most ten. */
  at: number[];
  /** Its place in another arrangement, by neighbours: of all points or of none. */
  nearby?: [x: number, y: number];
  /** The most alike first: of all points as many, or of none. */
  neighbours?: { photo: number; similarity: number }[];
}

/** A classifier, and the trials that set its temperature and thresholds. Shares lie in [0, 1]. */
export interface ReportClassifier {
  labels: number;
  temperature: number;
  thresholds: { confidence: number; similarity: number };
  validation: {
    halves: string;
    rows: number;
    accuracy: number;
    topFive: number;
    calibrationError: number;
  }[];
  /** Photos that the model was trained on; absent where that is not known. */
  learned?: { photos: number; asked: 'photos of this snapshot' | 'photos of the training' };
}

/** What comparing photos told. A number that names a photo is its place among points, then others. */
export interface ReportReview {
  /** Photos compared, and neighbours of each. */
  compared: number;
  each: number;
  /** Photos compared that bear a label, and those of them whose nearest neighbour bears the same. */
  labelled: number;
  agree: number;
  mislabelled: Listed<{
    photo: number;
    /** The label that most of its neighbours bear, how many, how many bear its own, and of how many. */
    label: string;
    votes: number;
    own: number;
    of: number;
    /** Photos of that label that are near it. */
    like: number[];
    /** Cosine to the nearest of them. */
    similarity: number;
  }>;
  copies: Listed<{ photos: number[]; of: number }>;
  /** Photos compared by their pixels too, and the near-duplicates found so; absent where none were. */
  byPixels?: { photos: number; same: number };
  /** `same`: by their pixels they are one picture. */
  nearDuplicates: Listed<{ photos: [number, number]; similarity: number; same?: true }>;
  outliers: Listed<{ photo: number; near: number; usualNear: number; own?: number; usualOwn?: number }>;
  confusions: Listed<{ labels: [string, string]; share: number; photos: number }>;
}

/** The first of a list, and how many there are. */
export interface Listed<T> {
  first: T[];
  total: number;
}
