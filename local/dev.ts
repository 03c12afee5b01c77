/** `npm run dev`: the local stack until Ctrl-C. */
import { describeModel, ensureModel } from '../model/ensure-model.ts';
import { runProgram } from './program.ts';
import { checkStart } from './run/check-start.ts';
import { describeUse } from './run/describe-use.ts';
import { type StackProcess, startStackProcess } from './run/stack-process.ts';

let stack: StackProcess | undefined;
let isStopping = false;

await runProgram(async () => {
  await checkStart(process.env);
  const model = await ensureModel();
  console.log(describeModel(model));
  if (isStopping) return;
  stack = startStackProcess({ environment: { MODEL_PATH: model.path, VERGER_DEVELOPMENT: 'true' } });
  const ready = stack.ready.then((description) => console.log(describeUse(description)));
  ready.catch(() => {}); // thrown below, unless the stack was stopped while it started
  const { code, signal } = await stack.ended;
  if (isStopping || signal === 'SIGTERM') return;
  await ready;
  process.exitCode = code ?? 1;
}, tellAndStop);

function tellAndStop(): Promise<void> {
  console.log('\nstopping');
  return stop();
}

async function stop(): Promise<void> {
  isStopping = true;
  await stack?.stop();
  process.exit();
}
