import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const bench = join(import.meta.dirname, '../../bench');

test('npm run bench lists every folder with a main.ts, each with what it measures', () => {
  const { status, stdout } = runBench();
  const lines = stdout.trim().split('\n').slice(1);
  const subjects = readdirSync(bench).filter((name) => existsSync(join(bench, name, 'main.ts')));
  assert.equal(status, 0);
  assert.deepEqual(
    lines.map((line) => line.trim().split(/ +/)[0]),
    subjects.sort(),
  );
  for (const line of lines) assert.match(line, /^ {2}[a-z-]+ +\S.{30,}$/);
});

test('A benchmark is reached by its name, with its options', () => {
  const { status, stdout } = runBench('parquet', '/nowhere');
  assert.equal(status, 0);
  assert.match(stdout, /^parquet: needs a snapshot: .*\/nowhere\/part-00000\.parquet\n$/);
});

test('A name that is not a benchmark ends with 1 and the list', () => {
  const { status, stderr } = runBench('featurise');
  assert.equal(status, 1);
  assert.match(stderr, /^no benchmark is called "featurise":\n {2}backfill /);
});

function runBench(...args: string[]) {
  return spawnSync(process.execPath, ['--import', 'tsx', join(bench, 'run.ts'), ...args], {
    encoding: 'utf8',
  });
}
