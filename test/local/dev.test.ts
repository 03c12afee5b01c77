import assert from 'node:assert/strict';
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { FREE_PORTS } from '../../local/stack/serverless.ts';
import { ensureModel } from '../../model/ensure-model.ts';
import { makeFolder } from './folder.ts';

const model = await ensureModel();
const hasAws = spawnSync('aws', ['--version']).status === 0;
const needsAws = { skip: hasAws ? false : 'needs the AWS CLI' };

/** Folders of samples. */
const KINDS = 15;

const folder = makeFolder();
/** A copy of the project, whose functions can be changed while they run. */
const root = copyProject(join(folder, 'project'));
const sls = [
  process.execPath,
  createRequire(import.meta.url).resolve('serverless/bin/serverless.js'),
] as const;
let output = '';
let child: ReturnType<typeof spawn>;

before(async () => {
  child = spawn(process.execPath, ['--import', 'tsx', 'local/dev.ts'], {
    cwd: root,
    env: { ...process.env, ...FREE_PORTS, VERGER_LOCAL_DATA: join(folder, 'data') },
  });
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => (output += data));
  await until(() => output.includes('Ctrl-C'));
});

after(() => child?.kill('SIGKILL'));

function copyProject(to: string): string {
  const from = join(import.meta.dirname, '../..');
  for (const name of [
    'functions',
    'layers',
    'local',
    'model',
    'serverless.yml',
    'package.json',
    'build/model',
  ]) {
    cpSync(join(from, name), join(to, name), {
      recursive: true,
      filter: (path) => !path.includes('node_modules'),
    });
  }
  for (const name of ['node_modules', 'samples']) symlinkSync(join(from, name), join(to, name));
  return to;
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = performance.now() + 60_000; !(await condition()); await setTimeout(50)) {
    assert.ok(performance.now() < end && child.exitCode === null, output);
  }
}

/** The environment that `npm run dev` says to export. */
function exported(): NodeJS.ProcessEnv {
  const lines = output.match(/^ +export .*$/gm) ?? [];
  const pairs = lines.flatMap((line) => line.replace(/^ +export /, '').split(' '));
  const variables = Object.fromEntries(pairs.map((pair) => pair.split(/=(.*)/)));
  return { ...process.env, ...variables, AWS_PROFILE: undefined };
}

async function run(command: string, ...parameters: string[]): Promise<string> {
  const running = promisify(execFile)(command, parameters, { cwd: root, env: exported() });
  running.child.stdin?.end(); // sls invoke takes what comes in as its data, and waits for it
  return (await running).stdout;
}

/** Runs a command that `npm run dev` shows. */
function paste(beginning: string): Promise<string> {
  const line = output.split('\n').find((shown) => shown.trimStart().startsWith(beginning));
  assert.ok(line, output);
  const command = line
    .trim()
    .replace('npx sls', () => sls.map(quoted).join(' ')) // npx would ask the network for news of npm
    .replace(' snapshots/', ` "${folder}/snapshots/"`);
  return run('sh', '-c', command);
}

/** For a shell, whatever folder this project lies in. */
function quoted(path: string): string {
  return `'${path.replaceAll("'", "'\\''")}'`;
}

async function succeeded(): Promise<number> {
  const response = await fetch(`${exported().AWS_ENDPOINT_URL_LAMBDA}/local/queue`);
  return ((await response.json()) as { succeeded: number }).succeeded;
}

test('the commands that npm run dev shows work as they stand', needsAws, async () => {
  await paste('aws s3 cp "samples/Kiwi');
  await paste('aws s3 cp --recursive --exclude');
  await until(async () => (await succeeded()) === 1 + KINDS);

  const { Item } = JSON.parse(await paste('aws dynamodb get-item'));
  assert.deepEqual(Item, {
    photo: { S: 'Kiwi/000.jpg' },
    label: { S: 'Kiwi' },
    model: { S: model.id },
    width: { N: '100' },
    height: { N: '100' },
  });

  const reduced = JSON.parse(await paste('npx sls invoke reduce'));
  assert.equal(reduced.rows, 1 + KINDS);

  await paste('aws s3 cp --recursive s3://');
  const latest = JSON.parse(readFileSync(join(folder, 'snapshots', 'latest.json'), 'utf8'));
  assert.equal(latest.snapshot, reduced.snapshot);
  assert.equal(latest.parts, `rows/snapshot=${reduced.snapshot}/`);
  assert.ok(existsSync(join(folder, 'snapshots', latest.parts, 'part-00000.parquet')));
  assert.ok(existsSync(join(folder, 'snapshots', latest.files, '_SUCCESS')));
});

test(
  'each event is told in a line, and the JSON behind it is in a file that only its owner can read',
  needsAws,
  async () => {
    await until(() => /^reduce /m.test(output));
    assert.match(output, /^featurized Kiwi\/000\.jpg \d+(\.\d)? m?s$/m);
    assert.match(output, /^reduce 16 photos \d+(\.\d)? m?s → rows\/snapshot=\S+\/$/m);
    assert.doesNotMatch(output, /^\{/m);
    const log = join(folder, 'data', 'functions.jsonl');
    assert.ok(output.includes(log));
    assert.equal(statSync(log).mode & 0o777, 0o600);
    const entries = readFileSync(log, 'utf8').trimEnd().split('\n');
    const featurized = entries.filter((line) => JSON.parse(line).status === 'featurized');
    assert.equal(featurized.length, 1 + KINDS);
  },
);

test('the next invocation runs what was changed, and its stack trace names the TypeScript line', async () => {
  const source = join(root, 'functions/core/backfill.ts');
  const code = readFileSync(source, 'utf8');
  const lines = code.split('\n');
  const at = lines.findIndex((line) => line.startsWith('export async function backfill('));
  const body = lines.findIndex((line, index) => index >= at && line.endsWith('{'));
  const throwing = `${lines[body]} if (ports) throw new RangeError('changed');`;
  writeFileSync(source, lines.with(body, throwing).join('\n'));
  const address = `${exported().AWS_ENDPOINT_URL_LAMBDA}/2015-03-31/functions/verger-dev-backfill/invocations`;
  const invoke = async () => (await fetch(address, { method: 'POST', body: '{"prefix": ""}' })).json();
  const failed = (await invoke()) as { errorMessage: string; trace: string[] };
  const place = `functions/core/backfill.ts:${body + 1}:${throwing.indexOf('new RangeError') + 1}`;
  assert.equal(failed.errorMessage, 'changed');
  assert.ok(failed.trace[1]?.endsWith(`(${join(root, place)})`), failed.trace.join('\n'));
  await until(() => output.includes(`backfill failed: RangeError: changed (${place})`));

  writeFileSync(source, code.replace('export async', 'export export async'));
  await until(() => /^functions\/core\/backfill\.ts:\d+:\d+: Unexpected "export"$/m.test(output));
  writeFileSync(source, code);
  assert.equal(((await invoke()) as { state: string }).state, 'done');
});

test('backfill finds nothing to do where every photo is featurized', async () => {
  const answer = await run(...sls, 'invoke', '-f', 'backfill', '--data', '{"prefix": ""}');
  const { state, listed, sent } = JSON.parse(answer);
  assert.deepEqual({ state, listed, sent }, { state: 'done', listed: hasAws ? 1 + KINDS : 0, sent: 0 });
});

test('an interrupt stops npm run dev, and its ports with it', async () => {
  const { AWS_ENDPOINT_URL_S3: s3 = '' } = exported();
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
  child.kill('SIGINT');
  assert.equal(await ended, 0);
  await assert.rejects(fetch(s3));
});

test('npm run dev | head ends in silence, with 0', async () => {
  const data = join(folder, 'data-of-head');
  const dev = spawn(process.execPath, ['--import', 'tsx', 'local/dev.ts'], {
    cwd: root,
    env: { ...process.env, ...FREE_PORTS, VERGER_LOCAL_DATA: data },
  });
  let errors = '';
  dev.stderr.on('data', (text) => (errors += text));
  dev.stdout.once('data', () => dev.stdout.destroy());
  const [code, signal] = await once(dev, 'close');
  assert.deepEqual([code, signal, errors], [0, null, '']);
});
