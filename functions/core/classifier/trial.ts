/** A classifier tried: fitted to half of some photos and asked about the other half, then the other way round. */
import type { MatrixProducts } from '../pca/matrix.ts';
import { addRows, emptyMoments } from '../pca/moments.ts';
import { addClassRows, emptyClassSums } from './class-sums.ts';
import { type Classifier, fitClassifier, scoreRows } from './classifier.ts';

/** Photos to try a classifier with, in path order. */
export interface TrialRows {
  keys: readonly string[];
  /** Place of each one's label among the classifier's. */
  classes: Int32Array;
  /** Features, row-major Float32Array [n × d]. */
  features: Float32Array;
  dimension: number;
  /** The same photos as the neighbour index has them, row-major Float32Array [n × w]. */
  vectors: Float32Array;
  width: number;
}

export interface Trial {
  asked: {
    /** Scores of one photo, [C]; −∞ for a label of which the other half has no photo. */
    scores: Float64Array;
    /** Place of its own label. */
    own: number;
  }[];
  /** Of some photos, how similar the nearest of the other half is. */
  similarities: number[];
}

/** Photos of each half whose nearest neighbour is looked for. */
const MOST_QUERIES = 500;

/**
 * Tries both ways. Photos whose label has none in the other half are not asked about.
 *
 * @param halves for each row 0 or 1
 * @param labels in the order of the places
 */
export async function runTrial(
  halves: Uint8Array,
  labels: readonly string[],
  rows: TrialRows,
  products: MatrixProducts,
): Promise<Trial> {
  const trial: Trial = { asked: [], similarities: [] };
  for (const half of [0, 1]) {
    const [told, asked] = [
      select(rows, (row) => halves[row] !== half),
      select(rows, (row) => halves[row] === half),
    ];
    if (told.classes.length === 0 || asked.classes.length === 0) continue;
    trial.similarities.push(...(await nearestSimilarities(told, asked, products)));
    const classifier = await fitTo(told, labels, products);
    if (classifier === undefined) continue;
    const places = classifier.labels.map((label) => labels.indexOf(label));
    const isKnown = new Set(places);
    const found = await scoreRows(classifier, asked.features, asked.classes.length, products);
    for (const [row, own] of asked.classes.entries()) {
      if (!isKnown.has(own)) continue;
      const scores = new Float64Array(labels.length).fill(Number.NEGATIVE_INFINITY);
      for (const [i, place] of places.entries()) scores[place] = found[row * places.length + i]!;
      trial.asked.push({ scores, own });
    }
  }
  return trial;
}

async function fitTo(
  { classes, features, dimension }: TrialRows,
  labels: readonly string[],
  products: MatrixProducts,
): Promise<Classifier | undefined> {
  const moments = emptyMoments('trial', dimension);
  const sums = emptyClassSums(dimension);
  await addRows(moments, features, classes.length, products);
  addClassRows(
    sums,
    Array.from(classes, (place) => labels[place]!),
    features,
  );
  const fit = await fitClassifier(moments, sums, products, { least: 1 });
  return 'classifier' in fit ? fit.classifier : undefined;
}

/** Of some photos, how similar the nearest photo of another label is. */
export async function otherSimilarities(rows: TrialRows, products: MatrixProducts): Promise<number[]> {
  const isOther = (query: number, row: number) => query !== row;
  return await nearestSimilarities(rows, rows, products, 2 * MOST_QUERIES, isOther);
}

/** @param counts whether a row of one class counts as near to a query of another */
async function nearestSimilarities(
  told: TrialRows,
  asked: TrialRows,
  products: MatrixProducts,
  most = MOST_QUERIES,
  counts: (query: number, row: number) => boolean = () => true,
): Promise<number[]> {
  const [n, all, w] = [told.classes.length, asked.classes.length, told.width];
  const queries = select(asked, (row) => isTaken(row, all, most));
  const similarities: number[] = [];
  // A block of cosines takes 8 MB at 20,000 rows.
  for (let start = 0; start < queries.classes.length; start += BLOCK) {
    const block = queries.vectors.subarray(start * w, (start + BLOCK) * w);
    const m = block.length / w;
    const cosines = await products.inner(block, told.vectors, m, n, w);
    for (let query = 0; query < m; query++) {
      const own = queries.classes[start + query]!;
      let nearest = -1;
      for (let row = 0, at = query * n; row < n; row++, at++) {
        if (cosines[at]! > nearest && counts(own, told.classes[row]!)) nearest = cosines[at]!;
      }
      similarities.push(nearest);
    }
  }
  return similarities;
}

const BLOCK = 100;

/** Whether one of `n` rows is among `most` at even distances. */
function isTaken(row: number, n: number, most: number): boolean {
  return n <= most || Math.floor(((row + 1) * most) / n) > Math.floor((row * most) / n);
}

function select(rows: TrialRows, isWanted: (row: number) => boolean): TrialRows {
  const { keys, classes, features, dimension: d, vectors, width: w } = rows;
  const wanted = keys.flatMap((_, row) => (isWanted(row) ? [row] : []));
  const selected = {
    keys: wanted.map((row) => keys[row]!),
    classes: Int32Array.from(wanted, (row) => classes[row]!),
    features: new Float32Array(wanted.length * d),
    dimension: d,
    vectors: new Float32Array(wanted.length * w),
    width: w,
  };
  for (const [to, from] of wanted.entries()) {
    selected.features.set(features.subarray(from * d, (from + 1) * d), to * d);
    selected.vectors.set(vectors.subarray(from * w, (from + 1) * w), to * w);
  }
  return selected;
}
