/** `npm test`: builds the model where it can, then runs every test file, or those named as arguments. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { ensureModel } from '../model/build.ts';

const root = join(import.meta.dirname, '..');

try {
  const { id } = await ensureModel();
  console.log(`model: ${id}`);
} catch (error) {
  console.log(`no model, so the tests that need it are skipped by name: ${(error as Error).message}`);
}

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
  { cwd: root, stdio: 'inherit' },
);
process.exitCode = status ?? 1;

function testFiles(): string[] {
  return readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join('test', name))
    .sort();
}
