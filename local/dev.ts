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

try {
  await checkStart(process.env);
  const model = await ensureModel();
  console.log(describeModel(model));
  const stack = startStackProcess({ environment: { MODEL_PATH: model.path, VERGER_DEVELOPMENT: 'true' } });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => void stop(stack));
  process.stdout.on('error', () => void stack.stop()); // a pipe whose reader has gone
  console.log(describeUse(await stack.ready));
  const { code } = await stack.ended;
  process.exitCode = code ?? 1;
} catch (error) {
  console.error(printableLines(error instanceof VergerError ? error.message : inspect(error)));
  process.exitCode = 1;
}

async function stop(stack: StackProcess): Promise<void> {
  console.log('\nstopping');
  await stack.stop();
}
