/** `npm test`: chooses and builds the model once, then runs every test file with it, or those named as arguments. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { VergerError } from '../functions/core/errors.ts';
import { describeModel, ensureModel } from '../model/ensure-model.ts';

const root = join(import.meta.dirname, '..');

const model = await ensureModel().catch((error: unknown) => {
  if (!(error instanceof VergerError)) throw error;
  console.error(error.message);
  process.exit(1);
});
console.log(describeModel(model));

const files = process.argv.length > 2 ? process.argv.slice(2) : testFiles();
const { status } = spawnSync(
  process.execPath,
  [
    '--import',
    'tsx',
    '--test',
    `--test-concurrency=${availableParallelism()}`,
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    ...files,
  ],
  { cwd: root, stdio: 'inherit', env: { ...process.env, MODEL: model.choice, ORT_DISABLE_TELEMETRY: '1' } },
);
process.exitCode = status ?? 1;

function testFiles(): string[] {
  return readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join('test', name))
    .sort();
}
