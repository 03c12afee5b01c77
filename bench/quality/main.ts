/** What the features are worth: how often a photo's nearest neighbour, and the classifier, have its label, by model. */
import { parseArgs } from 'node:util';
import { openSession } from '../../functions/adapters/onnx.ts';
import { InvalidRequest } from '../../functions/core/errors.ts';
import { type Accuracy, measureAccuracy } from './accuracy.ts';
import { findModels } from './models.ts';
import { folderTask, sharedTasks, type Task } from './tasks.ts';

const COMPONENTS = [16, 64, 256];
const OPTIONS = {
  train: { type: 'string', multiple: true },
  test: { type: 'string', multiple: true },
  model: { type: 'string', multiple: true },
} as const;

/**
 * Prints a table for each task: `--train DIR --test DIR`, as often as wanted; by default those over `../shared`.
 * `--model FILE`, as often as wanted, and MODEL name further models: ONNX files, or weights as .safetensors.
 */
export async function run(options: string[] = []): Promise<void> {
  const { train = [], test = [], model: files = [] } = parseArgs({ args: options, options: OPTIONS }).values;
  const tasks = await chooseTasks(train, test);
  if (tasks.length === 0) {
    console.log(
      'quality: needs labelled photos: ../shared, or --train DIR --test DIR with a folder for each label',
    );
    return;
  }
  const chosen = process.env.MODEL ?? '';
  const given = ['', 'imagenet', 'fruit'].includes(chosen) ? files : [...files, chosen];
  const models = await findModels(train.length === 0, given);
  for (const task of tasks) {
    const labels = new Set(task.train.map(({ label }) => label)).size;
    console.log(
      `\n${task.title}: ${task.test.length} photos to find among ${task.train.length}, ${labels} labels`,
    );
    for (const { path, id } of models) {
      const start = performance.now();
      const accuracy = await measureAccuracy(await openSession(path), task, COMPONENTS);
      const seconds = (performance.now() - start) / 1000;
      console.log(`${id.padEnd(48)} ${describe(accuracy, task)}   (${seconds.toFixed(0)} s)`);
    }
  }
}

async function chooseTasks(train: string[], test: string[]): Promise<Task[]> {
  if (train.length !== test.length) {
    throw new InvalidRequest(
      `quality takes as many --test as --train; there are ${test.length} and ${train.length}`,
    );
  }
  if (train.length === 0) return sharedTasks();
  return Promise.all(train.map((folder, index) => folderTask(folder, test[index]!)));
}

/** One standard error of a share p of n is √(p(1−p)/n). */
function describe({ features, classifier, components }: Accuracy, { test }: Task): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const error = Math.sqrt((features * (1 - features)) / test.length);
  const shares = components.map(([k, share]) => `${k} components ${percent(share)}`);
  const classified = `classifier ${percent(classifier.top1)}, top five ${percent(classifier.top5)}`;
  return [`features ${percent(features)} ± ${(100 * error).toFixed(1)}`, classified, ...shares].join('   ');
}
