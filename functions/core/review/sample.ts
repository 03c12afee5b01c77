/** The rows that are compared with each other and drawn: gathered while all rows pass in path order. */
import type { SnapshotRows } from '../snapshot/rows.ts';
import type { SpooledRow } from '../spool/spooled-row.ts';
import type { EvenSample } from './even-sample.ts';

/** Most components that the report's map can have as axes. */
export const MOST_AXES = 10;

/** Some rows of a snapshot, in path order. */
export interface SampledRows {
  rows: SpooledRow[];
  /** Row-major Float32Array [rows × d]. */
  features: Float32Array;
  /** The first PCA columns, at most {@link MOST_AXES}: row-major Float32Array [rows × c]. */
  components: Float32Array;
}

/** Takes those rows out of the batches that pass that `sample` chooses. */
export class RowSampler {
  readonly #sample: EvenSample;
  readonly #rows: SpooledRow[] = [];
  readonly #features: Float32Array[] = [];
  readonly #components: Float32Array[] = [];

  constructor(sample: EvenSample) {
    this.#sample = sample;
  }

  add({ rows, features, pcaFeatures }: SnapshotRows): void {
    const [d, k] = [features.length / rows.length, pcaFeatures.length / rows.length];
    for (const [at, row] of rows.entries()) {
      if (!this.#sample.takes(row.label)) continue;
      this.#rows.push(row);
      this.#features.push(features.slice(at * d, (at + 1) * d));
      this.#components.push(pcaFeatures.slice(at * k, at * k + Math.min(k, MOST_AXES)));
    }
  }

  get taken(): SampledRows {
    return { rows: this.#rows, features: join(this.#features), components: join(this.#components) };
  }
}

function join(pieces: Float32Array[]): Float32Array {
  const whole = new Float32Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
