import type { SpooledRow } from '../spool/spooled-row.ts';

/** Some rows of a snapshot, ready to be written. */
export interface SnapshotRows {
  model: string;
  rows: SpooledRow[];
  /** Row-major Float32Array [rows × d]. */
  features: Float32Array;
  /** Row-major Float32Array [rows × k]. */
  pcaFeatures: Float32Array;
}
