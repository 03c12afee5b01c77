/** What a reduce finds out for identify: a classifier, a sample of rows in the order of their passing, the files of both. */
import { ContractBroken } from '../errors.ts';
import type { MatrixProducts } from '../pca/matrix.ts';
import type { Moments } from '../pca/moments.ts';
import { EvenSample } from '../review/even-sample.ts';
import { RowCollector } from '../review/row-collector.ts';
import { type Calibration, calibrate, MOST_TRIAL_ROWS } from './calibration.ts';
import type { ClassSums, Label } from './class-sums.ts';
import { type Classifier, fitClassifier } from './classifier.ts';
import { encodeClassifierOnnx } from './classifier-onnx.ts';
import { mainDirections } from './directions.ts';
import { encodeIndex, MOST_INDEXED, toVectors, widthOf } from './neighbour-index.ts';

/** The classifier, and the directions in which the index keeps rows: Float64Array [d × w], empty where it keeps all features. */
export type Known = Classifier & { basis: Float64Array };

/** The classifier, as a manifest describes it: what stands in its metadata says more. */
export type DescribedClassifier =
  | (Calibration & {
      /** Labels that are told apart. */
      labels: number;
      lambda: number;
      /** Photos in the index of neighbours, and numbers kept of each. */
      index: { rows: number; width: number };
    })
  /** Why there is no classifier. */
  | { none: string };

/** Fits the classifier and finds the directions; or says why there is none. */
export async function fitKnown(
  moments: Moments,
  sums: ClassSums,
  products: MatrixProducts,
): Promise<Known | { none: string }> {
  const fit = await fitClassifier(moments, sums, products);
  if ('why' in fit) return { none: fit.why };
  const { dimension, count } = moments;
  const width = widthOf(Math.min(count, MOST_INDEXED), dimension);
  const basis = width < dimension ? await mainDirections(moments, width, products) : new Float64Array();
  return { ...fit.classifier, basis };
}

/** Rows out of a sample. */
export interface Sampled {
  /** Rows that identify compares with, as the index keeps them: row-major Float32Array [n × w]. */
  index: { keys: string[]; labels: Label[]; vectors: Float32Array };
  /** Rows that the classifier is tried with: row-major Float32Array [n × d]. */
  trial: { keys: string[]; labels: Label[]; features: Float32Array };
}

/** Takes an even sample by label while rows pass in path order: at most 50,000 for the index, 20,000 for the trials. */
export class KnownSample {
  readonly #basis: Float64Array | undefined;
  readonly #products: MatrixProducts;
  readonly #indexed: EvenSample;
  readonly #tried: EvenSample;
  readonly #index = { keys: [] as string[], labels: [] as Label[] };
  readonly #vectors: RowCollector;
  readonly #trial = { keys: [] as string[], labels: [] as Label[] };
  readonly #features: RowCollector;

  /**
   * @param known without a classifier no row is taken
   * @param counts photos of each label
   * @param before of each label, photos that passed elsewhere before these
   */
  constructor(
    known: Known | { none: string },
    products: MatrixProducts,
    counts: ReadonlyMap<Label, number>,
    before?: ReadonlyMap<Label, number>,
  ) {
    const isNone = 'none' in known;
    const isKnown = new Set<Label>(isNone ? [] : known.labels);
    this.#basis = isNone ? undefined : basisOf(known);
    this.#products = products;
    this.#indexed = new EvenSample(isNone ? new Map() : counts, MOST_INDEXED, before);
    const tried = new Map([...counts].filter(([label]) => isKnown.has(label)));
    this.#tried = new EvenSample(tried, MOST_TRIAL_ROWS, before);
    this.#vectors = new RowCollector(this.#indexed.size);
    this.#features = new RowCollector(this.#tried.size);
  }

  /** @param features row-major Float32Array [rows × d]; copied */
  async add(rows: readonly { key: string; label: Label }[], features: Float32Array): Promise<void> {
    const d = features.length / rows.length;
    const indexed: Float32Array[] = [];
    for (const [at, { key, label }] of rows.entries()) {
      const row = features.subarray(at * d, (at + 1) * d);
      if (this.#indexed.takes(label)) {
        this.#index.keys.push(key);
        this.#index.labels.push(label);
        indexed.push(row);
      }
      if (this.#tried.takes(label)) {
        this.#trial.keys.push(key);
        this.#trial.labels.push(label);
        this.#features.add(row);
      }
    }
    if (indexed.length === 0) return;
    const vectors = await toVectors(join(indexed), indexed.length, d, this.#basis, this.#products);
    this.#vectors.add(vectors, indexed.length);
  }

  taken(): Sampled {
    return {
      index: { ...this.#index, vectors: this.#vectors.taken },
      trial: { ...this.#trial, features: this.#features.taken },
    };
  }
}

/** Samples of ranges of rows, in their order, as one. */
export function joinSamples(samples: readonly Sampled[]): Sampled {
  if (samples[0] && samples.length === 1) return samples[0];
  const all = <T>(of: (sample: Sampled) => readonly T[]) => samples.flatMap(of);
  return {
    index: {
      keys: all(({ index }) => index.keys),
      labels: all(({ index }) => index.labels),
      vectors: join(samples.map(({ index }) => index.vectors)),
    },
    trial: {
      keys: all(({ trial }) => trial.keys),
      labels: all(({ trial }) => trial.labels),
      features: join(samples.map(({ trial }) => trial.features)),
    },
  };
}

/**
 * Tries the classifier, and makes the snapshot's files of it.
 *
 * @returns the bytes of `classifier.onnx` and `index.bin`, and what the manifest says of them
 */
export async function encodeKnown(
  known: Known,
  { index, trial }: Sampled,
  snapshot: string,
  products: MatrixProducts,
): Promise<{ files: Record<string, Uint8Array>; described: DescribedClassifier }> {
  const { model, dimension, labels, lambda } = known;
  const basis = basisOf(known);
  const width = basis ? basis.length / dimension : dimension;
  const places = new Map<Label, number>(labels.map((label, place) => [label, place]));
  const rows = {
    keys: trial.keys,
    classes: Int32Array.from(trial.labels, (label) => placeOf(places, label)),
    features: trial.features,
    dimension,
    vectors: await toVectors(trial.features, trial.keys.length, dimension, basis, products),
    width,
  };
  const calibration = await calibrate(labels, rows, products);
  const files = {
    'classifier.onnx': encodeClassifierOnnx(known, calibration, snapshot),
    'index.bin': encodeIndex({
      model,
      dimension,
      width,
      ...index,
      ...(basis && { basis: Float32Array.from(basis) }),
    }),
  };
  const described = {
    labels: labels.length,
    lambda,
    ...calibration,
    index: { rows: index.keys.length, width },
  };
  return { files, described };
}

function placeOf(places: Map<Label, number>, label: Label): number {
  const place = places.get(label);
  if (place === undefined)
    throw new ContractBroken(`a photo of ${label} is tried, which is no label of the classifier`);
  return place;
}

function basisOf({ basis }: Known): Float64Array | undefined {
  return basis.length === 0 ? undefined : basis;
}

function join(pieces: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
