/** The rows that are compared with each other and drawn: gathered while all rows pass in path order. */
import type { SnapshotRows } from '../snapshot/rows.ts';
import { type LocalWork, readFully } from '../spool/local-work.ts';
import type { SpooledRow } from '../spool/spooled-row.ts';
import type { NearBytes } from '../spool/work-store.ts';
import type { EvenSample } from './even-sample.ts';
import { RowCollector } from './row-collector.ts';

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

/** Takes those rows out of the batches that pass that `sample` chooses; their features, up to 256 MB, lie on disk meanwhile. */
export class RowSampler {
  readonly rows: SpooledRow[] = [];
  /** Bytes of all rows' features. */
  featureBytes = 0;
  readonly #sample: EvenSample;
  readonly #scratch: LocalWork;
  readonly #features: { at: NearBytes; bytes: number }[] = [];
  readonly #components: RowCollector;
  #batch = new Float32Array();

  /** @param scratch takes the features */
  constructor(sample: EvenSample, scratch: LocalWork) {
    this.#sample = sample;
    this.#scratch = scratch;
    this.#components = new RowCollector(sample.size);
  }

  add({ rows, features, pcaFeatures }: SnapshotRows): void {
    const [d, k] = [features.length / rows.length, pcaFeatures.length / rows.length];
    if (this.#batch.length < features.length) this.#batch = new Float32Array(features.length);
    let taken = 0;
    for (const [at, row] of rows.entries()) {
      if (!this.#sample.takes(row.label)) continue;
      this.rows.push(row);
      this.#batch.set(features.subarray(at * d, (at + 1) * d), taken * d);
      this.#components.add(pcaFeatures.subarray(at * k, at * k + Math.min(k, MOST_AXES)));
      taken += 1;
    }
    if (taken === 0) return;
    const bytes = new Uint8Array(this.#batch.buffer, 0, 4 * taken * d);
    this.#features.push({ at: this.#scratch.append(bytes), bytes: bytes.length });
    this.featureBytes += bytes.length;
  }

  get components(): Float32Array {
    return this.#components.taken;
  }

  /** The rows' features, float32, a batch at a time. */
  *features(): Generator<Uint8Array> {
    for (const { at, bytes } of this.#features) {
      const batch = new Uint8Array(bytes);
      readFully(at, batch);
      yield batch;
    }
  }
}
