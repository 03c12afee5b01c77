/**
 * Runs `npm start` and the tests named as arguments on the other Nodes that people have: Lambda's, and the newest.
 * Linux on x86-64 only, as the binaries come from the registry.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fetchNode } from './artifacts/runtime-packages.ts';

const root = join(import.meta.dirname, '..');
const tests = process.argv.slice(2);

for (const which of ['x86_64', 'newest'] as const) {
  const node = await fetchNode(which);
  const out = mkdtempSync(join(tmpdir(), 'verger-out-'));
  try {
    run(node, '--version');
    run('npm', 'start', '--', '--out', join(out, 'snapshot'));
    if (tests.length > 0) run(node, '--import', 'tsx', 'test/run.ts', ...tests);
  } finally {
    rmSync(out, { recursive: true });
  }

  function run(command: string, ...parameters: string[]): void {
    const PATH = `${dirname(node)}${delimiter}${process.env.PATH}`;
    const { status } = spawnSync(command, parameters, {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, PATH },
    });
    if (status !== 0)
      throw new Error(`${[command, ...parameters].join(' ')} on ${node} ended with ${status}`);
  }
}
