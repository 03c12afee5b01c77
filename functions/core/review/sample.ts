/** The rows that are compared with each other and drawn: gathered in work files while all rows pass in path order. */
import type { SnapshotRows } from '../snapshot/rows.ts';
import { decodeArrays, encodeArrays } from '../spool/arrays.ts';
import type { SpooledRow } from '../spool/spooled-row.ts';
import type { WorkStore } from '../spool/work-store.ts';
import type { EvenSample } from './even-sample.ts';

/** Most components that the report's map can have as axes. */
export const MOST_AXES = 10;

/** Rows a work file: 21 MB of features at d = 1280. */
const BLOCK_ROWS = 4096;

/** Some rows of a snapshot, in path order. */
export interface SampledRows {
  rows: SpooledRow[];
  /** Row-major Float32Array [rows × d]. */
  features: Float32Array;
  /** The first PCA columns, at most {@link MOST_AXES}: row-major Float32Array [rows × c]. */
  components: Float32Array;
}

/** A work file of sampled rows. */
export interface SampleFile {
  name: string;
  rows: number;
}

/** Takes those rows out of the batches that pass that `sample` chooses; a file's rows are in memory. */
export class RowSampler {
  readonly #files: SampleFile[] = [];
  readonly #sample: EvenSample;
  readonly #work: WorkStore;
  readonly #name: string;
  readonly #most: number;
  #rows: SpooledRow[] = [];
  #features = new Float32Array();
  #components = new Float32Array();

  /** @param name beginning of the files' names */
  constructor(sample: EvenSample, work: WorkStore, name: string) {
    this.#sample = sample;
    this.#work = work;
    this.#name = name;
    this.#most = Math.min(BLOCK_ROWS, sample.size);
  }

  async add({ rows, features, pcaFeatures }: SnapshotRows): Promise<void> {
    const [d, k] = [features.length / rows.length, pcaFeatures.length / rows.length];
    const c = Math.min(k, MOST_AXES);
    if (this.#features.length === 0) {
      this.#features = new Float32Array(this.#most * d);
      this.#components = new Float32Array(this.#most * c);
    }
    for (const [at, row] of rows.entries()) {
      if (!this.#sample.takes(row.label)) continue;
      this.#features.set(features.subarray(at * d, (at + 1) * d), this.#rows.length * d);
      this.#components.set(pcaFeatures.subarray(at * k, at * k + c), this.#rows.length * c);
      this.#rows.push(row);
      if (this.#rows.length === this.#most) await this.#write();
    }
  }

  /** Writes what is left. @returns all files, in order */
  async end(): Promise<SampleFile[]> {
    if (this.#rows.length > 0) await this.#write();
    return this.#files;
  }

  async #write(): Promise<void> {
    const rows = this.#rows;
    const of = (values: Float32Array) => values.subarray(0, (values.length / this.#most) * rows.length);
    const name = `${this.#name}-${String(this.#files.length).padStart(5, '0')}`;
    const arrays = { features: of(this.#features), components: of(this.#components) };
    await this.#work.write(name, encodeArrays({ rows }, arrays));
    this.#files.push({ name, rows: rows.length });
    this.#rows = [];
  }
}

/**
 * The samples of ranges that follow each other, as one.
 *
 * @param read a work file
 */
export async function readSamples(
  files: SampleFile[],
  read: (name: string) => Promise<Uint8Array>,
): Promise<SampledRows> {
  const total = files.reduce((sum, { rows }) => sum + rows, 0);
  const all: SampledRows = { rows: [], features: new Float32Array(), components: new Float32Array() };
  for (const { name } of files) {
    const { rows, features, components } = decodeArrays<Pick<SampledRows, 'rows'>, Numbers>(await read(name));
    if (all.rows.length === 0) {
      all.features = new Float32Array((total * features.length) / rows.length);
      all.components = new Float32Array((total * components.length) / rows.length);
    }
    all.features.set(features, (all.rows.length * features.length) / rows.length);
    all.components.set(components, (all.rows.length * components.length) / rows.length);
    for (const row of rows) all.rows.push(row);
  }
  return all;
}

type Numbers = { features: Float32Array; components: Float32Array };
