/** `npm run dev`: the local stack until Ctrl-C. */
import { inspect } from 'node:util';
import { VergerError } from '../functions/core/errors.ts';
import { describeModel, ensureModel } from '../model/ensure-model.ts';
import { printableLines } from './printable.ts';
import { checkStart } from './run/check-start.ts';
import { describeUse } from './run/describe-use.ts';
import { type StackProcess, startStackProcess } from './run/stack-process.ts';

// The SDK would say on Node 20 that its versions of 2027 want Node 22; the versions here are pinned.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

let stack: StackProcess | undefined;
let isStopping = false;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    console.log('\nstopping');
    void stop();
  });
}
process.stdout.on('error', () => void stop()); // a pipe whose reader has gone, as after `| head`

try {
  process.exitCode = await run();
} catch (error) {
  console.error(printableLines(error instanceof VergerError ? error.message : inspect(error)));
  process.exitCode = 1;
}

/** @returns the exit code */
async function run(): Promise<number> {
  await checkStart(process.env);
  const model = await ensureModel();
  console.log(describeModel(model));
  if (isStopping) return 0;
  stack = startStackProcess({ environment: { MODEL_PATH: model.path, VERGER_DEVELOPMENT: 'true' } });
  const ready = stack.ready.then((description) => console.log(describeUse(description)));
  ready.catch(() => {}); // thrown below, unless the stack was stopped while it started
  const { code, signal } = await stack.ended;
  if (isStopping || signal === 'SIGTERM') return 0;
  await ready;
  return code ?? 1;
}

async function stop(): Promise<void> {
  isStopping = true;
  await stack?.stop();
}
