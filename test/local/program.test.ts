import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { VergerError } from '../../functions/core/errors.ts';
import { runProgram } from '../../local/program.ts';

/** What it prints on standard error. */
async function printed(t: TestContext, program: () => Promise<void>): Promise<string> {
  const error = t.mock.method(console, 'error', () => {});
  await runProgram(program);
  assert.equal(process.exitCode, 1);
  process.exitCode = undefined;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(signal);
  error.mock.restore();
  return String(error.mock.calls[0]?.arguments[0]);
}

test('what a person can put right is told in a line: ours, and what the system says of a file', async (t) => {
  const ours = async () => {
    throw new VergerError('ANY', 'out is\x1b[1A full');
  };
  assert.equal(await printed(t, ours), 'out is\\x1b[1A full');
  const system = async () => void (await readFile('/dev/null/x'));
  assert.equal(await printed(t, system), "ENOTDIR: not a directory, open '/dev/null/x'");
});

test('a fault of the program is told with its stack', async (t) => {
  const fault = async () => {
    throw new TypeError('x is not a function');
  };
  assert.match(await printed(t, fault), /^TypeError: x is not a function\n {4}at fault .*program\.test\.ts/);
});

test('what fails because of a signal is no news, even where it is known before the signal', () => {
  const source = pathToFileURL(join(import.meta.dirname, '../../local/program.ts')).href;
  const program = `
    import { runProgram } from '${source}';
    await runProgram(async () => {
      setTimeout(() => process.kill(process.pid, 'SIGINT'), 10);
      throw new Error('The service was stopped');
    });`;
  const node = ['--import', 'tsx', '--input-type=module', '-e', program];
  const { status, stdout, stderr } = spawnSync(process.execPath, node, {
    encoding: 'utf8',
    cwd: import.meta.dirname,
  });
  assert.deepEqual({ status, stdout, stderr }, { status: 130, stdout: '', stderr: '' });
});
