/** A classifier tried: fitted to half of some photos and asked about the other half, then the other way round. */
import type { MatrixProducts } from '../pca/matrix.ts';
import { addRows, emptyMoments } from '../pca/moments.ts';
import { addClassRows, emptyClassSums } from './class-sums.ts';
import { type Classifier, fitClassifier, scoreRows } from './classifier.ts';
import { areFew, fitFewRows } from './few-rows.ts';

/** Class of a row that is there for other ends. */
export const NOT_TRIED = -1;

/** Photos to try a classifier with, in path order. */
export interface TrialRows {
  keys: readonly string[];
  /** Place of each one's label among the classifier's, or {@link NOT_TRIED}. */
  classes: Int32Array;
  /** Features, row-major Float32Array [n × d]. */
  features: Float32Array;
  dimension: number;
  /** The same photos as the neighbour index has them, row-major Float32Array [n × w]. */
  vectors: Float32Array;
  width: number;
  /** Place of the collection in which the model has learned a photo, or −1; absent where it has learned none, as far as is known. */
  learned?: Int8Array;
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

/** What a trial showed. */
export interface TrialResult {
  /** How the photos were divided. */
  halves: string;
  /** Photos that were asked about. */
  rows: number;
  /** Share that were given their own label, 0…1. */
  accuracy: number;
  /** Share whose own label was among the five likeliest. */
  topFive: number;
  /** Expected calibration error at the temperature. */
  calibrationError: number;
}

/** Photos of each half whose nearest neighbour is looked for. */
const MOST_QUERIES = 500;

/**
 * Tries both ways. Photos whose label has none in the other half are not asked about.
 *
 * @param halves for each row 0 or 1
 * @param labels in the order of the places
 * @param isAsked whether a row is asked about
 */
export async function runTrial(
  halves: Uint8Array,
  labels: readonly string[],
  rows: TrialRows,
  products: MatrixProducts,
  isAsked: (row: number) => boolean = () => true,
): Promise<Trial> {
  const trial: Trial = { asked: [], similarities: [] };
  const { classes, dimension } = rows;
  // One for all blocks: large arrays made for each are collected late.
  const memory = new Float32Array(Math.min(BLOCK, classes.length) * dimension);
  for (const half of [0, 1]) {
    const told = tried(rows, (row) => halves[row] !== half);
    const asked = tried(rows, (row) => halves[row] === half && isAsked(row));
    if (told.length === 0 || asked.length === 0) continue;
    trial.similarities.push(...(await nearestSimilarities(rows, told, asked, products)));
    const classifier = await fitTo(rows, told, labels, products, memory);
    if (classifier === undefined) continue;
    const places = classifier.labels.map((label) => labels.indexOf(label));
    const isKnown = new Set(places);
    for (const block of inBlocks(asked)) {
      const features = gather(rows.features, dimension, block, memory);
      const found = await scoreRows(classifier, features, block.length, products);
      const all = new Float64Array(block.length * labels.length).fill(Number.NEGATIVE_INFINITY);
      for (const [row, at] of block.entries()) {
        const own = classes[at]!;
        if (!isKnown.has(own)) continue;
        const scores = all.subarray(row * labels.length, (row + 1) * labels.length);
        for (const [i, place] of places.entries()) scores[place] = found[row * places.length + i]!;
        trial.asked.push({ scores, own });
      }
    }
  }
  return trial;
}

async function fitTo(
  { classes, features, dimension }: TrialRows,
  told: readonly number[],
  labels: readonly string[],
  products: MatrixProducts,
  memory: Float32Array,
): Promise<Classifier | undefined> {
  const labelsOf = (block: readonly number[]) => block.map((row) => labels[classes[row]!]!);
  if (areFew(told.length, labels.length, dimension))
    return await fitFewRows('trial', gather(features, dimension, told), labelsOf(told), dimension, products);
  const moments = emptyMoments('trial', dimension);
  const sums = emptyClassSums(dimension);
  for (const block of inBlocks(told)) {
    const rows = gather(features, dimension, block, memory);
    await addRows(moments, rows, block.length, products);
    addClassRows(sums, labelsOf(block), rows);
  }
  const fit = await fitClassifier(moments, sums, products, { least: 1 });
  return 'classifier' in fit ? fit.classifier : undefined;
}

/** Of some photos, how similar the nearest photo of another label is. */
export async function otherSimilarities(rows: TrialRows, products: MatrixProducts): Promise<number[]> {
  const all = tried(rows, () => true);
  const isOther = (query: number, row: number) => query !== row;
  return await nearestSimilarities(rows, all, all, products, 2 * MOST_QUERIES, isOther);
}

/** @param counts whether a row of one class counts as near to a query of another */
async function nearestSimilarities(
  { classes, vectors, width: w }: TrialRows,
  told: readonly number[],
  asked: readonly number[],
  products: MatrixProducts,
  most = MOST_QUERIES,
  counts: (query: number, row: number) => boolean = () => true,
): Promise<number[]> {
  const n = told.length;
  const queries = asked.filter((_, at) => isTaken(at, asked.length, most));
  const near = gather(vectors, w, told);
  const similarities: number[] = [];
  const memory = new Float32Array(QUERIES * n); // 8 MB at 20,000 rows
  for (const block of inBlocks(queries, QUERIES)) {
    const cosines = await products.inner(gather(vectors, w, block), near, block.length, n, w, memory);
    for (const [query, at] of block.entries()) {
      const own = classes[at]!;
      let nearest = -1;
      for (let row = 0, of = query * n; row < n; row++, of++) {
        if (cosines[of]! > nearest && counts(own, classes[told[row]!]!)) nearest = cosines[of]!;
      }
      similarities.push(nearest);
    }
  }
  return similarities;
}

/** Rows at a time: their features are copied, 10 MB at d = 1280; and their cosines to all others computed. */
const BLOCK = 2048;
const QUERIES = 100;

/** Whether one of `n` rows is among `most` at even distances. */
function isTaken(row: number, n: number, most: number): boolean {
  return n <= most || Math.floor(((row + 1) * most) / n) > Math.floor((row * most) / n);
}

function tried({ classes }: TrialRows, isWanted: (row: number) => boolean): number[] {
  const places: number[] = [];
  for (const [row, own] of classes.entries()) if (own !== NOT_TRIED && isWanted(row)) places.push(row);
  return places;
}

function* inBlocks(places: readonly number[], size = BLOCK): Generator<readonly number[]> {
  for (let start = 0; start < places.length; start += size) yield places.slice(start, start + size);
}

/** Copies of some rows, row-major Float32Array [places × d]. */
function gather(
  rows: Float32Array,
  d: number,
  places: readonly number[],
  memory: Float32Array = new Float32Array(places.length * d),
): Float32Array {
  const copies = memory.subarray(0, places.length * d);
  for (const [to, from] of places.entries()) copies.set(rows.subarray(from * d, (from + 1) * d), to * d);
  return copies;
}
