/** How often a photo gets its label: by its nearest neighbour, in feature space and in Verger's own PCA space, and by the classifier. */
import { readFile } from 'node:fs/promises';
import { createMatrixProducts } from '../../functions/adapters/onnx-matrix.ts';
import { addClassRows, emptyClassSums } from '../../functions/core/classifier/class-sums.ts';
import { fitClassifier, scoreRows } from '../../functions/core/classifier/classifier.ts';
import { Refusal } from '../../functions/core/errors.ts';
import { addRows, emptyMoments, type Moments } from '../../functions/core/pca/moments.ts';
import { fitPca } from '../../functions/core/pca/pca.ts';
import { projectRows } from '../../functions/core/pca/projection.ts';
import { decodePhoto } from '../../functions/core/photo/photo.ts';
import type { Session } from '../../functions/core/ports.ts';
import type { LabelledPhoto, Task } from './tasks.ts';

/** Rows of features with their labels. */
interface Rows {
  labels: string[];
  /** Row-major Float32Array [n × d]. */
  features: Float32Array;
}

export interface Accuracy {
  /** Share of the tested photos that are found, 0…1, in the space of all features. */
  features: number;
  /** Share whose label has the highest score of the classifier, and one of the five highest; 0 each where there is no classifier. */
  classifier: { top1: number; top5: number };
  /** As `features` by number of components; fewer than asked for where there are no more. */
  components: [k: number, share: number][];
}

const LIMITS = { maxBytes: 50e6, maxPixels: 65e6 }; // as in serverless.yml
const products = createMatrixProducts();

/** @param componentCounts numbers of components, ascending */
export async function measureAccuracy(
  session: Session,
  task: Task,
  componentCounts: number[],
): Promise<Accuracy> {
  const { model, dimension: d } = session;
  const [train, test] = [await featurize(session, task.train), await featurize(session, task.test)];
  const features = await shareFound(train, test, d);

  const moments = emptyMoments(model, d);
  await addRows(moments, train.features, train.labels.length, products);
  const most = Math.min(componentCounts.at(-1) ?? d, d);
  const pca = await fitPca(
    moments,
    { components: most, standardize: true, projection: 'centered' },
    products,
  );
  const project = async ({ labels, features }: Rows) => ({
    labels,
    features: await projectRows(pca, features, labels.length, products),
  });
  const [projectedTrain, projectedTest] = [await project(train), await project(test)];
  const components: Accuracy['components'] = [];
  for (const count of componentCounts) {
    // Components come by falling variance: fewer are the first of more.
    const k = Math.min(count, pca.k);
    const share = await shareFound(
      firstColumns(projectedTrain, pca.k, k),
      firstColumns(projectedTest, pca.k, k),
      k,
    );
    components.push([k, share]);
  }
  return { features, classifier: await shareClassified(moments, train, test), components };
}

/** Shares of the test rows by the classifier of the train rows, whose moments are given. */
export async function shareClassified(
  moments: Moments,
  train: Rows,
  test: Rows,
): Promise<Accuracy['classifier']> {
  const sums = emptyClassSums(moments.dimension);
  addClassRows(sums, train.labels, train.features);
  const fit = await fitClassifier(moments, sums, products);
  if ('why' in fit) return { top1: 0, top5: 0 };
  const { labels } = fit.classifier;
  const scores = await scoreRows(fit.classifier, test.features, test.labels.length, products);
  const found = [0, 0];
  for (const [row, label] of test.labels.entries()) {
    const own = scores.subarray(row * labels.length, (row + 1) * labels.length);
    const place = labels.indexOf(label);
    if (place < 0) continue;
    const better = own.filter((score) => score > own[place]!).length;
    if (better < 1) found[0]!++;
    if (better < 5) found[1]!++;
  }
  return { top1: found[0]! / test.labels.length, top5: found[1]! / test.labels.length };
}

/** Features as featurize makes them; a photo that it would refuse is left out. */
async function featurize(session: Session, photos: LabelledPhoto[]): Promise<Rows> {
  const labels: string[] = [];
  const features = new Float32Array(photos.length * session.dimension);
  for (const { path, label } of photos) {
    try {
      const { pixels } = await decodePhoto(await readFile(path), LIMITS);
      features.set(await session.run(pixels), labels.length * session.dimension);
      labels.push(label);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      console.log(`left out: ${path}: ${error.message}`);
    }
  }
  return { labels, features: features.subarray(0, labels.length * session.dimension) };
}

/**
 * Share of the test rows whose nearest train row, by cosine, has their label; of equally near ones the first counts.
 *
 * @param d columns of both
 */
export async function shareFound(train: Rows, test: Rows, d: number): Promise<number> {
  const [n, m] = [train.labels.length, test.labels.length];
  const byColumn = transpose(unitRows(train.features, d), n, d);
  const cosines = await products.multiply(unitRows(test.features, d), byColumn, m, d, n);
  let found = 0;
  for (let row = 0; row < m; row++) {
    let nearest = 0;
    for (let i = 1; i < n; i++) if (cosines[row * n + i]! > cosines[row * n + nearest]!) nearest = i;
    if (train.labels[nearest] === test.labels[row]) found++;
  }
  return found / m;
}

/** Rows of length 1; a row of zeros stays what it is. */
function unitRows(rows: Float32Array, d: number): Float64Array {
  const unit = Float64Array.from(rows);
  for (let start = 0; start < unit.length; start += d) {
    const row = unit.subarray(start, start + d);
    const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0)) || 1;
    for (let i = 0; i < d; i++) row[i]! /= length;
  }
  return unit;
}

function transpose(rows: Float64Array, n: number, d: number): Float64Array {
  const columns = new Float64Array(rows.length);
  for (let r = 0; r < n; r++) for (let i = 0; i < d; i++) columns[i * n + r] = rows[r * d + i]!;
  return columns;
}

function firstColumns({ labels, features }: Rows, width: number, k: number): Rows {
  const kept = new Float32Array(labels.length * k);
  for (let r = 0; r < labels.length; r++) kept.set(features.subarray(r * width, r * width + k), r * k);
  return { labels, features: kept };
}
