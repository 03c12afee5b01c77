/** `npm start`: the main job once, over the local stack, from photos to a snapshot. */
import { VergerError } from '../functions/core/errors.ts';
import { describeModel, ensureModel } from '../model/ensure-model.ts';
import { runProgram } from './program.ts';
import { checkStart } from './run/check-start.ts';
import { parseStartOptions, type StartOptions, USAGE } from './run/options.ts';
import { makeOutFolder } from './run/out-folder.ts';
import { describeSkipped, findPhotos, samplePhotos } from './run/photos.ts';
import { makeRunFolder } from './run/run-folder.ts';
import { type StackProcess, startStackProcess } from './run/stack-process.ts';
import { FREE_PORTS } from './stack/serverless.ts';

/** Errors that the stack's output has nothing to add to. */
const EXPLAINED = ['STACK_FAILED', 'BUNDLE_FAILED'];

/** What is to be undone at the end, however it comes. */
const endings: (() => unknown)[] = [];

let isInterrupted = false;

await runProgram(
  async () => {
    const options = parseStartOptions(process.argv.slice(2));
    if (options) await start(options);
    else console.log(USAGE);
  },
  () => {
    isInterrupted = true;
    return end();
  },
);
await end();

async function start(options: StartOptions): Promise<void> {
  if (options.keep) await checkStart({ ...process.env, ...FREE_PORTS });
  await makeOutFolder(options.out);
  const { photos, skipped } =
    options.photos === undefined
      ? { photos: await samplePhotos(), skipped: [] }
      : await findPhotos(options.photos);
  const model = await ensureModel();

  const { data, log, remove } = makeRunFolder();
  let keep: 'log' | 'nothing' = 'nothing';
  endings.push(() => remove(keep));
  console.log(`${photos.length} photos, ${describeModel(model)}`);
  if (skipped.length > 0)
    console.log(`${skipped.length} files are not uploaded:\n${describeSkipped(skipped)}`);
  const environment = {
    ...FREE_PORTS,
    MODEL_PATH: model.path,
    ...(!options.keep && { VERGER_LOCAL_DATA: data }),
  };
  const bundled = import('../layers/bundle-if-changed.ts').then(({ bundleIfChanged }) => bundleIfChanged());
  const stack = startStackProcess({ log, environment, bundled });
  endings.push(() => stack.stop(options.keep ? 'SIGTERM' : 'SIGKILL'));
  try {
    const began = performance.now();
    console.log('starting S3, DynamoDB and Lambda on this machine');
    // The rest is loaded while the stack starts, which takes as long.
    const [description, { doMainJob }, { summarize }] = await Promise.all([
      stack.ready,
      import('./run/main-job.ts'),
      import('./run/summary.ts'),
    ]);
    console.log(`started in ${((performance.now() - began) / 1000).toFixed(1)} s`);
    const job = doMainJob({ ...description, log }, photos, options, model.id, skipped.length);
    const { manifest, account } = await Promise.race([job, whenItEnds(stack)]);
    console.log(`\n${await summarize(options.out, manifest, account, skipped.length)}`);
  } catch (error) {
    if (isInterrupted) return; // that the stack has ended is no news then
    const isExplained = error instanceof VergerError && EXPLAINED.includes(error.code);
    if (!isExplained) keep = 'log';
    if (!isExplained) console.error(`The local stack's output is in ${log}`);
    throw error;
  }
}

async function whenItEnds({ ended }: StackProcess): Promise<never> {
  const { code } = await ended;
  throw new VergerError('STACK_ENDED', `The local stack ended by itself (exit code ${code})`);
}

async function end(): Promise<void> {
  for (let step = endings.pop(); step !== undefined; step = endings.pop()) await step();
}
