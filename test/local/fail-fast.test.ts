/** What keeps the local stack from starting is said in one line, at once. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { startStackProcess } from '../../local/run/stack-process.ts';
import { close } from '../../local/stack/listen.ts';
import { FREE_PORTS } from '../../local/stack/serverless.ts';
import { makeFolder } from './folder.ts';

const root = join(import.meta.dirname, '../..');

/** Runs one of the commands until it ends. */
function run(file: string, parameters: string[], environment: Record<string, string>) {
  const child = spawn(process.execPath, ['--import', 'tsx', file, ...parameters], {
    cwd: root,
    // A model that is not there would be complained of before anything that is looked at later.
    env: {
      ...process.env,
      ...FREE_PORTS,
      MODEL: 'none.onnx',
      ...environment,
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
  return new Promise<{ code: number | null; output: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, output }));
  });
}

/** A data folder that a running process holds. */
function folderInUse(): string {
  const folder = join(makeFolder(), 'data');
  mkdirSync(folder);
  writeFileSync(join(folder, 'lock'), String(process.pid));
  return folder;
}

// Alone on a machine each ends within a second: none has begun what takes long. Tests run beside each other.
const timeout = 120_000;

test('npm run dev names the port that is taken, and how to choose another', { timeout }, async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as AddressInfo;
  for (const [variable, name] of [
    ['VERGER_S3_PORT', 'S3'],
    ['VERGER_LAMBDA_PORT', 'Lambda'],
    ['VERGER_PAGE_PORT', 'page'],
    ['VERGER_HTTP_PORT', 'HTTP'],
  ] as const) {
    const { code, output } = await run('local/dev.ts', [], {
      VERGER_S3_PORT: '0',
      VERGER_LOCAL_DATA: join(makeFolder(), 'data'),
      [variable]: String(port),
    });
    assert.equal(
      output,
      `Port ${port}, for the local ${name}, is taken. Stop what listens there (another npm run dev?), ` +
        `or choose another: ${variable}=${port + 1} npm run dev\n`,
    );
    assert.equal(code, 1);
  }
  await close(other);
});

test('npm run dev and npm start -- --keep name the data folder that is in use, and who uses it', {
  timeout,
}, async () => {
  const VERGER_LOCAL_DATA = folderInUse();
  for (const [file, ...parameters] of [
    ['local/dev.ts'],
    ['local/start.ts', '--keep', '--out', makeFolder()],
  ] as const) {
    const { code, output } = await run(file, parameters, { VERGER_S3_PORT: '0', VERGER_LOCAL_DATA });
    assert.equal(
      output,
      `${VERGER_LOCAL_DATA} is in use by another local stack (process ${process.pid}). ` +
        'Stop it, or choose another folder: VERGER_LOCAL_DATA=.local-2 npm run dev\n',
    );
    assert.equal(code, 1);
  }
});

test('a data folder that cannot be one, and a port that is none, are named', { timeout }, async () => {
  const file = join(makeFolder(), 'file');
  writeFileSync(file, '');
  const noFolder = await run('local/dev.ts', [], { VERGER_S3_PORT: '0', VERGER_LOCAL_DATA: file });
  assert.match(noFolder.output, /^\S+file cannot hold the local stack's data: EEXIST.*\n$/);
  const noPort = await run('local/dev.ts', [], { VERGER_S3_PORT: '456g' });
  assert.equal(
    noPort.output,
    'custom.local.s3Port in serverless.yml should be a whole number from 0 to 65535, is 456g\n',
  );
  assert.deepEqual([noFolder.code, noPort.code], [1, 1]);
});

test('a stack that cannot start ends by itself, and its parent hears why', { timeout }, async (t) => {
  const folder = makeFolder();
  const stack = startStackProcess({
    environment: {
      ...FREE_PORTS,
      VERGER_LOCAL_DATA: folderInUse(),
    },
    log: join(folder, 'stack.log'),
  });
  t.after(() => stack.stop());
  await assert.rejects(stack.ready, {
    code: 'STACK_FAILED',
    message: /^\S+data is in use by another local stack/,
  });
  assert.equal((await stack.ended).code, 1);
});

test('npm start names a folder for the snapshot that holds something else, before any work', {
  timeout,
}, async () => {
  const out = makeFolder();
  writeFileSync(join(out, 'manifest.json'), '{}');
  const { code, output } = await run('local/start.ts', ['--out', out], {});
  assert.match(
    output,
    /^\S+manifest\.json is not a snapshot's \(it names no snapshot\): move it, or choose another folder \(--out\)\n$/,
  );
  assert.equal(code, 1);
});
