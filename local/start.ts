/** `npm start`: the main job once, over the local stack, from photos to a snapshot. */
import { setTimeout } from 'node:timers/promises';
import { VergerError } from '../functions/core/errors.ts';
import { describeModel, ensureModel } from '../model/ensure-model.ts';
import { runProgram, signalsToArrive } from './program.ts';
import { checkStart } from './run/check-start.ts';
import { parseStartOptions, type StartOptions, USAGE } from './run/options.ts';
import { makeOutFolder, removeIncoming } from './run/out-folder.ts';
import { findPhotos, samplePhotos, tellSkipped } from './run/photos.ts';
import { makeRunFolder } from './run/run-folder.ts';
import { type StackProcess, startStackProcess } from './run/stack-process.ts';
import { FREE_PORTS } from './stack/serverless.ts';

/** Errors that the stack's output has nothing to add to. */
const EXPLAINED = ['STACK_FAILED', 'BUNDLE_FAILED', 'OUT_FAILED'];

/** So long after its connections a stack that fails is over too. */
const ENDS_WITHIN_MS = 1000;

/** What is to be undone at the end, however it comes. */
const endings: (() => unknown)[] = [];

let isInterrupted = false;
let ending: Promise<void> | undefined;

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
  endings.push(() => removeIncoming(options.out));
  const { photos, skipped } =
    options.photos === undefined
      ? { photos: await samplePhotos(), skipped: [] }
      : await findPhotos(options.photos);
  const model = await ensureModel();
  if (isInterrupted) return;

  const { data, log, remove } = makeRunFolder();
  let keep: 'log' | 'nothing' = 'nothing';
  endings.push(() => remove(keep));
  console.log(`${photos.length} photos, ${describeModel(model)}`);
  if (skipped.length > 0) console.log(tellSkipped(skipped));
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
    const job = doMainJob({ ...description, log }, photos, options, model.id, skipped);
    const { manifest, account, notUploaded } = await unlessItEnds(stack, job);
    console.log(`\n${await summarize(options.out, manifest, account, notUploaded)}`);
  } catch (error) {
    await signalsToArrive();
    if (isInterrupted) return; // that the stack has ended is no news then
    const isExplained = error instanceof VergerError && EXPLAINED.includes(error.code);
    if (!isExplained) keep = 'log';
    if (!isExplained) console.error(`The local stack's output is in ${log}`);
    throw error;
  }
}

/** Where the stack ends, a job fails by its connections first: that is not the reason. */
async function unlessItEnds<T>({ ended }: StackProcess, job: Promise<T>): Promise<T> {
  const end = ended.then(({ code, why = `exit code ${code}` }): never => {
    throw new VergerError('STACK_ENDED', `The local stack ended by itself: ${why}`);
  });
  const failed = job.catch(async (error) => {
    if (!(error instanceof VergerError)) await Promise.race([end, setTimeout(ENDS_WITHIN_MS)]);
    throw error;
  });
  return Promise.race([failed, end]);
}

/** Once, whoever asks: the end of the program or a signal. */
function end(): Promise<void> {
  ending ??= undo();
  return ending;
}

async function undo(): Promise<void> {
  for (let step = endings.pop(); step !== undefined; step = endings.pop()) await step();
}
