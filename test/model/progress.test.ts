import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '../..');

test('a program that ends under a bar shows the cursor again, and lets lines wrap', () => {
  const program = `
    import { showProgress } from './model/progress.ts';
    Object.assign(process.stdout, { isTTY: true });
    showProgress('featurized').update(1, 3);
    process.exit(130);`;
  const parameters = ['--import', 'tsx', '--input-type=module', '--eval', program];
  const { status, stdout } = spawnSync(process.execPath, parameters, { cwd: root, encoding: 'utf8' });
  assert.equal(status, 130);
  for (const [off, on] of [
    ['\x1b[?25l', '\x1b[?25h'],
    ['\x1b[?7l', '\x1b[?7h'],
  ] as const) {
    assert.ok(stdout.includes(off), JSON.stringify(stdout));
    assert.ok(stdout.lastIndexOf(on) > stdout.lastIndexOf(off), JSON.stringify(stdout));
  }
});

test('on a narrow terminal the bar is short, so that its numbers are not cut off', () => {
  const program = `
    import { showProgress } from './model/progress.ts';
    Object.assign(process.stdout, { isTTY: true, columns: 70 });
    showProgress('featurized').update(600, 1200, 3);
    process.exit(0);`;
  const parameters = ['--import', 'tsx', '--input-type=module', '--eval', program];
  const { stdout } = spawnSync(process.execPath, parameters, { cwd: root, encoding: 'utf8' });
  assert.match(stdout, /featurized {2}█{5}░{5} 600\/1200, refused: 3/);
});
