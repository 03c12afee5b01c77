/** How often identify is right about photos that neither classifier nor model has seen, how sure it is, and what it takes for fruit. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import learned from '../../functions/adapters/learned.json' with { type: 'json' };
import { openClassifier, openSession } from '../../functions/adapters/onnx.ts';
import { createMatrixProducts } from '../../functions/adapters/onnx-matrix.ts';
import { addClassRows, emptyClassSums } from '../../functions/core/classifier/class-sums.ts';
import { classifierFacts } from '../../functions/core/classifier/classifier-onnx.ts';
import { encodeKnown, fitKnown } from '../../functions/core/classifier/known.ts';
import { learnedBy } from '../../functions/core/classifier/learned.ts';
import { decodeIndex } from '../../functions/core/classifier/neighbour-index.ts';
import { answerFor } from '../../functions/core/identify/identify.ts';
import type { Knowledge } from '../../functions/core/identify/knowledge.ts';
import { viewsOf } from '../../functions/core/identify/views.ts';
import { decodeModelMetadata } from '../../functions/core/onnx/onnx-graph.ts';
import { addRows, emptyMoments } from '../../functions/core/pca/moments.ts';
import { decodePhoto } from '../../functions/core/photo/photo.ts';
import type { Pixels, Session } from '../../functions/core/ports.ts';
import { describeScore, type Judged, scoreOf } from '../../local/identify/score.ts';
import { findPhotos } from '../../local/run/photos.ts';
import { findModels } from '../quality/models.ts';
import type { LabelledPhoto, Task } from '../quality/tasks.ts';
import { notFruit } from './not-fruit.ts';
import { identifyTasks } from './tasks.ts';

const LIMITS = { maxBytes: 50e6, maxPixels: 65e6 }; // as in serverless.yml
const products = createMatrixProducts();

/**
 * Prints a score for each task over `../shared` and each model: ImageNet's, and the model in the box by the weights that were
 * trained without the photos asked about. `--views 7` looks at each photo seven times; `--not-fruit DIR` adds pictures without
 * fruit to those that are generated.
 */
export async function run(options: string[] = []): Promise<void> {
  const { values } = parseArgs({
    args: options,
    options: {
      views: { type: 'string', default: '1' },
      'not-fruit': { type: 'string', multiple: true, default: [] },
    },
  });
  const tasks = await identifyTasks();
  if (tasks.length === 0) return console.log('identify: needs the photos of ../shared');
  const others = await pictures(values['not-fruit']);
  for (const { path, id } of await findModels(true, [])) {
    const session = await openSession(path);
    const features = featuresBy(session, values.views === '7' ? 7 : 1);
    const strange: Float32Array[][] = [];
    for (const picture of others) strange.push([(await session.run(picture)).slice()]);
    for (const task of tasks) {
      console.log(`\n${task.title}: ${task.test.length} photos by ${task.train.length}, ${id}`);
      await measure(task, session, features, strange);
    }
  }
}

type FeaturesOf = (photo: LabelledPhoto) => Promise<Float32Array[]>;

async function measure(
  task: Task,
  session: Session,
  features: FeaturesOf,
  strange: Float32Array[][],
): Promise<void> {
  const knowledge = await learn(task.train, session, features);
  const judged: Judged[] = [];
  const similarities: number[] = [];
  for (const photo of task.test) {
    const found = await answerFor(knowledge, await features(photo));
    judged.push({ label: photo.label, found });
    similarities.push(found.neighbours[0]?.similarity ?? -1);
  }
  const { temperature, learned: of } = knowledge.facts;
  console.log(
    `temperature ${temperature.toFixed(3)}${of ? ` by ${of.asked}; ${of.photos} photos learned` : ''}`,
  );
  console.log(describeScore(scoreOf(judged, knowledge.facts.labels)));
  const found = await Promise.all(strange.map((views) => answerFor(knowledge, views)));
  const others = found.map(({ neighbours }) => neighbours[0]?.similarity ?? -1);
  const refused = found.filter(({ known }) => !known).length / found.length;
  console.log(
    `${others.length} pictures without fruit: AUROC ${(100 * auroc(similarities, others)).toFixed(1)} %, ` +
      `${(100 * refused).toFixed(1)} % said to be nothing known`,
  );
}

/** What reduce would make of the photos. */
async function learn(
  photos: readonly LabelledPhoto[],
  session: Session,
  features: FeaturesOf,
): Promise<Knowledge> {
  const { model, dimension: d } = session;
  const rows = new Float32Array(photos.length * d);
  for (const [at, photo] of photos.entries()) rows.set((await features(photo))[0]!, at * d);
  const labels = photos.map(({ label }) => label);
  const moments = emptyMoments(model, d);
  await addRows(moments, rows, photos.length, products);
  const sums = emptyClassSums(d);
  addClassRows(sums, labels, rows);
  const known = await fitKnown(moments, sums, products);
  if ('none' in known) throw new Error(known.none);
  const etags: string[] = [];
  for (const { path } of photos)
    etags.push(
      createHash('md5')
        .update(await readFile(path))
        .digest('hex'),
    );
  const told = {
    rows: photos.map(({ path, label }, at) => ({ key: path, label, etag: etags[at]! })),
    features: rows,
  };
  const { files } = await encodeKnown(known, told, 'bench', products, learnedBy(learned, model));
  const onnx = files['classifier.onnx']!;
  return {
    facts: classifierFacts(decodeModelMetadata(onnx)),
    index: decodeIndex(files['index.bin']!),
    classify: await openClassifier(onnx),
  };
}

/** Features of a photo's views, computed once: photos are in several tasks. */
function featuresBy(session: Session, views: 1 | 7): FeaturesOf {
  const made = new Map<string, Float32Array[]>();
  return async ({ path }) => {
    const earlier = made.get(path);
    if (earlier) return earlier;
    const { pixels } = await decodePhoto(await readFile(path), LIMITS);
    const features: Float32Array[] = [];
    for (const view of viewsOf(pixels, views)) features.push((await session.run(view)).slice());
    made.set(path, features);
    return features;
  };
}

async function pictures(folders: readonly string[]): Promise<Pixels[]> {
  const all = [...notFruit(120)];
  for (const folder of folders) {
    for (const { path } of (await findPhotos(folder)).photos) {
      all.push((await decodePhoto(await readFile(path), LIMITS)).pixels);
    }
  }
  return all;
}

/** How often a photo of fruit is more similar to its nearest than a picture without fruit is. */
function auroc(fruit: readonly number[], others: readonly number[]): number {
  const sorted = [...others].sort((a, b) => a - b);
  let sum = 0;
  for (const value of fruit) {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle]! < value) low = middle + 1;
      else high = middle;
    }
    sum += low;
  }
  return sum / (fruit.length * others.length);
}
