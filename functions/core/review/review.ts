/** Which photos a person should look at: all that is told from how near photos lie to each other. */
import type { MatrixProducts } from '../pca/matrix.ts';
import type { SpooledRow } from '../spool/spooled-row.ts';
import { type Agreement, findConfusions } from './confusions.ts';
import { findCopies, findNearDuplicates, type NearDuplicate } from './duplicates.ts';
import { findMislabelled, type Mislabelled } from './mislabelled.ts';
import { findNeighbours, type Neighbours } from './neighbours.ts';
import { findOutliers, type Outlier } from './outliers.ts';

/** Most rows that are compared with each other: 256 MB of features, and a minute or two of one core. */
export const MOST_COMPARED = 50_000;

/** The photos compared, in path order: all up to {@link MOST_COMPARED}, else an even sample by label. */
export interface ReviewedRows {
  rows: SpooledRow[];
  /** Row-major Float32Array [rows × d]; brought to length 1 by {@link review}. */
  features: Float32Array;
}

/** Places are of the rows compared. */
export interface Review {
  neighbours: Neighbours;
  mislabelled: Mislabelled[];
  /** Groups of photos of one content. */
  copies: number[][];
  nearDuplicates: NearDuplicate[];
  /** Photos that were compared by their pixels too. */
  byPixels: number;
  outliers: Outlier[];
  agreement: Agreement;
}

export async function review({ rows, features }: ReviewedRows, products: MatrixProducts): Promise<Review> {
  const d = features.length / rows.length;
  const neighbours = await findNeighbours(features, rows.length, d, products);
  const labels = rows.map(({ label }) => label);
  const etags = rows.map(({ etag }) => etag);
  return {
    neighbours,
    mislabelled: findMislabelled(labels, neighbours),
    copies: findCopies(etags),
    nearDuplicates: findNearDuplicates(etags, neighbours),
    byPixels: 0,
    outliers: findOutliers(labels, features, d, neighbours),
    agreement: findConfusions(labels, neighbours),
  };
}
