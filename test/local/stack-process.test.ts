import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { VergerError } from '../../functions/core/errors.ts';
import { bundle } from '../../layers/bundle.ts';
import { startStackProcess } from '../../local/run/stack-process.ts';
import { FREE_PORTS } from '../../local/stack/serverless.ts';
import { ensureModel } from '../../model/ensure-model.ts';
import { makeFolder } from './folder.ts';

/** Fails where the child tells its parent that it is ready: everything has been started by then. */
const FAILING = 'process.send = () => { throw new Error("no answer can be sent"); };';

test('a stack that fails when its servers have started ends, and says why', {
  timeout: 180_000,
}, async (t) => {
  const folder = makeFolder();
  await bundle();
  const { path } = await ensureModel();
  const stack = startStackProcess({
    environment: {
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(FAILING)}`,
      MODEL_PATH: path,
      ...FREE_PORTS,
      VERGER_LOCAL_DATA: join(folder, 'data'),
    },
    log: join(folder, 'stack.log'),
  });
  t.after(() => stack.stop());
  await assert.rejects(stack.ready, /The local stack did not start \(exit code 1\):.*no answer can be sent/s);
});

/** Fails when it is told to, as a stack does whose disk is full. */
const CRASHING = 'process.on("SIGUSR2", () => { throw new Error("no space left on device"); });';

test('a stack that comes to an end while it runs says why', { timeout: 180_000 }, async (t) => {
  const folder = makeFolder();
  const data = join(folder, 'data');
  const { path } = await ensureModel();
  const stack = startStackProcess({
    environment: {
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(CRASHING)}`,
      MODEL_PATH: path,
      ...FREE_PORTS,
      VERGER_LOCAL_DATA: data,
    },
    log: join(folder, 'stack.log'),
  });
  t.after(() => stack.stop());
  await stack.ready;
  process.kill(Number(readFileSync(join(data, 'lock'), 'utf8')), 'SIGUSR2');
  assert.deepEqual(await stack.ended, { code: 1, signal: null, why: 'no space left on device' });
});

test('a stack whose parent has ended before it could hear of it ends too', { timeout: 120_000 }, async () => {
  const parent = `
    import { spawn } from 'node:child_process';
    const stdio = ['ignore', 'ignore', 'ignore', 'ipc'];
    const stack = spawn(process.execPath, [process.argv[1], 'offline', 'start'], { detached: true, stdio });
    process.stdout.write(String(stack.pid), () => process.exit());`;
  const bin = createRequire(import.meta.url).resolve('serverless/bin/serverless.js');
  const data = join(makeFolder(), 'data');
  const env = { ...process.env, ...FREE_PORTS, VERGER_LOCAL_DATA: data, VERGER_BUNDLING: 'true' };
  const cwd = join(import.meta.dirname, '../..');
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', parent, bin], { cwd, env });
  const isRunning = () => {
    try {
      return process.kill(Number(stdout), 0);
    } catch {
      return false;
    }
  };
  assert.ok(Number(stdout) > 1);
  const end = performance.now() + 60_000;
  while (isRunning() && performance.now() < end) await setTimeout(50);
  const wasLeft = isRunning();
  if (wasLeft) process.kill(Number(stdout), 'SIGKILL');
  assert.equal(wasLeft, false);
});

test('a stack that waits for its functions is told when they do not compile, and can be killed then', async () => {
  const bundled = Promise.reject(new VergerError('BUNDLE_FAILED', 'functions/featurize.ts:1:1: no'));
  const log = join(makeFolder(), 'stack.log');
  const stack = startStackProcess({ environment: {}, log, bundled });
  await assert.rejects(stack.ready, { code: 'BUNDLE_FAILED' });
  await stack.stop('SIGKILL');
  assert.equal((await stack.ended).signal, 'SIGKILL');
});
