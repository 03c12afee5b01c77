/** What a reduce finds out for identify: a classifier, rows to compare with, the files of both. */
import type { MatrixProducts } from '../pca/matrix.ts';
import type { Moments } from '../pca/moments.ts';
import { EvenSample } from '../review/even-sample.ts';
import { type Calibration, calibrate, MOST_TRIAL_ROWS } from './calibration.ts';
import type { ClassSums, Label } from './class-sums.ts';
import { type Classifier, fitClassifier } from './classifier.ts';
import { encodeClassifierOnnx } from './classifier-onnx.ts';
import { mainDirections } from './directions.ts';
import { collectionOf, type LearnedCollection } from './learned.ts';
import { encodeIndex, MOST_INDEXED, toVectors, widthOf } from './neighbour-index.ts';
import { NOT_TRIED } from './trial.ts';

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

/** Some rows in path order, an even sample by label: row-major Float32Array [n × d]. */
export interface RowsToKnow {
  rows: readonly { key: string; label: Label; etag: string }[];
  features: Float32Array;
}

/**
 * Tries the classifier with at most 20,000 of the rows, and makes the snapshot's files of it and of all of them.
 *
 * @param learned what the model was trained on, where that is known
 * @returns the bytes of `classifier.onnx` and `index.bin`, and what the manifest says of them
 */
export async function encodeKnown(
  known: Known,
  { rows, features }: RowsToKnow,
  snapshot: string,
  products: MatrixProducts,
  learned?: readonly LearnedCollection[],
): Promise<{ files: Record<string, Uint8Array>; described: DescribedClassifier }> {
  const { model, dimension, labels, lambda } = known;
  const basis = known.basis.length === 0 ? undefined : known.basis;
  const width = basis ? basis.length / dimension : dimension;
  const vectors = await toVectors(features, rows.length, dimension, basis, products);
  const index = { keys: rows.map(({ key }) => key), labels: rows.map(({ label }) => label), vectors };
  const classes = classesToTry(index.labels, labels);
  const calibration = await calibrate(
    labels,
    {
      keys: index.keys,
      classes,
      features,
      dimension,
      vectors,
      width,
      ...(learned && { learned: Int8Array.from(rows, ({ etag }) => collectionOf(etag, learned)) }),
    },
    products,
    learned,
  );
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

/** For each row the place of its label among the classifier's, or {@link NOT_TRIED}. */
function classesToTry(labels: readonly Label[], known: readonly string[]): Int32Array {
  const places = new Map<Label, number>(known.map((label, place) => [label, place]));
  const counts = new Map<Label, number>();
  for (const label of labels) if (places.has(label)) counts.set(label, (counts.get(label) ?? 0) + 1);
  const sample = new EvenSample(counts, MOST_TRIAL_ROWS);
  return Int32Array.from(labels, (label) => (sample.takes(label) ? places.get(label)! : NOT_TRIED));
}
