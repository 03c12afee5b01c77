/** What the features are worth: how often a photo's nearest neighbour among others has its label, by model. */
import { parseArgs } from 'node:util';
import { openSession } from '../../functions/adapters/onnx.ts';
import { InvalidRequest, VergerError } from '../../functions/core/errors.ts';
import { type BuiltModel, ensureModel } from '../../model/ensure-model.ts';
import { type Accuracy, measureAccuracy } from './accuracy.ts';
import { folderTask, sharedTasks, type Task } from './tasks.ts';

const COMPONENTS = [16, 64, 256];

/**
 * Prints a table for each task: `--train DIR --test DIR`, as often as wanted; by default those over `../shared`.
 * The models are ImageNet, where it can be had, the one in the box, and the file that MODEL may name.
 */
export async function run(options: string[] = []): Promise<void> {
  const tasks = await chooseTasks(options);
  if (tasks.length === 0) {
    console.log(
      'quality: needs labelled photos: ../shared, or --train DIR --test DIR with a folder for each label',
    );
    return;
  }
  const models = await findModels();
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

async function chooseTasks(options: string[]): Promise<Task[]> {
  const { train = [], test = [] } = parseArgs({
    args: options,
    options: { train: { type: 'string', multiple: true }, test: { type: 'string', multiple: true } },
  }).values;
  if (train.length !== test.length) {
    throw new InvalidRequest(
      `quality takes as many --test as --train; there are ${test.length} and ${train.length}`,
    );
  }
  if (train.length === 0) return sharedTasks();
  return Promise.all(train.map((folder, index) => folderTask(folder, test[index]!)));
}

async function findModels(): Promise<BuiltModel[]> {
  const models = [await ensureModel({ model: 'fruit' })];
  try {
    models.unshift(await ensureModel({ model: 'imagenet' }));
  } catch (error) {
    if (!(error instanceof VergerError) || error.code !== 'MODEL_UNAVAILABLE') throw error;
    console.log(error.message);
  }
  const given = process.env.MODEL ?? '';
  if (!['', 'imagenet', 'fruit'].includes(given)) models.push(await ensureModel({ model: given }));
  return models;
}

/** One standard error of a share p of n is √(p(1−p)/n). */
function describe({ features, components }: Accuracy, { test }: Task): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const error = Math.sqrt((features * (1 - features)) / test.length);
  const shares = components.map(([k, share]) => `${k} components ${percent(share)}`);
  return [`features ${percent(features)} ± ${(100 * error).toFixed(1)}`, ...shares].join('   ');
}
