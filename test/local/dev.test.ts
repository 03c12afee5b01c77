import assert from 'node:assert/strict';
import { execFile, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { ensureModel } from '../../model/build.ts';

const model = await ensureModel().catch(() => undefined);
const needsModel = { skip: model ? false : 'needs the model: MODEL_WEIGHTS_DIR or a network' };
const hasAws = spawnSync('aws', ['--version']).status === 0;
const needsAws = { skip: model && hasAws ? false : 'needs the model and the AWS CLI' };

const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'verger-dev-'));
const sls = [
  process.execPath,
  createRequire(import.meta.url).resolve('serverless/bin/serverless.js'),
] as const;
let output = '';
let child: ReturnType<typeof spawn>;

before(async () => {
  if (!model) return;
  const ports = { VERGER_S3_PORT: '0', VERGER_DYNAMODB_PORT: '0', VERGER_LAMBDA_PORT: '0' };
  child = spawn(process.execPath, ['--import', 'tsx', 'local/dev.ts'], {
    cwd: root,
    env: { ...process.env, ...ports, VERGER_LOCAL_DATA: join(folder, 'data') },
  });
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => (output += data));
  await until(() => output.includes('Ctrl-C'));
});

after(() => child?.kill('SIGKILL'));

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

/** Runs a command that `npm run dev` shows, with files in a folder of the test's own. */
function paste(beginning: string): Promise<string> {
  const line = output.split('\n').find((shown) => shown.trimStart().startsWith(beginning));
  assert.ok(line, output);
  const command = line
    .trim()
    .replace('npx sls', sls.map((part) => `"${part}"`).join(' ')) // npx would ask the network for news of npm
    .replaceAll(/ (photo\.jpg|out\/)(?= |$)/g, ` "${folder}/$1"`);
  return run('sh', '-c', command);
}

test('the commands that npm run dev shows work as they stand', needsAws, async () => {
  for (const [name, background] of Object.entries({ photo: '#c33', other: '#3c3' })) {
    const create = { width: 60, height: 40, channels: 3, background } as const;
    await sharp({ create }).toFile(`${folder}/${name}.jpg`);
  }
  await paste('aws s3 cp photo.jpg');
  const [, bucket] = /buckets (\S+),/.exec(output) ?? [];
  await run('aws', 's3', 'cp', `${folder}/other.jpg`, `s3://${bucket}/Apple 2/other.jpg`);
  const queue = `${exported().AWS_ENDPOINT_URL_LAMBDA}/local/queue`;
  await until(async () => ((await (await fetch(queue)).json()) as { succeeded: number }).succeeded === 2);

  const { Item } = JSON.parse(await paste('aws dynamodb get-item'));
  assert.deepEqual(Item, {
    photo: { S: 'Apple 1/photo.jpg' },
    label: { S: 'Apple 1' },
    model: { S: model?.id },
    width: { N: '60' },
    height: { N: '40' },
  });

  const reduced = JSON.parse(await paste('npx sls invoke -f reduce'));
  assert.equal(reduced.rows, 2);

  await paste('aws s3 cp --recursive');
  const latest = JSON.parse(readFileSync(join(folder, 'out', 'latest.json'), 'utf8'));
  assert.equal(latest.snapshot, reduced.snapshot);
  assert.ok(existsSync(join(folder, 'out', reduced.snapshot, 'part-00000.parquet')));
});

test('backfill finds nothing to do where every photo is featurized', needsModel, async () => {
  const answer = await run(...sls, 'invoke', '-f', 'backfill', '--data', '{"prefix": ""}');
  const { state, listed, sent } = JSON.parse(answer);
  assert.deepEqual({ state, listed, sent }, { state: 'done', listed: hasAws ? 2 : 0, sent: 0 });
});

test('an interrupt stops npm run dev, and its ports with it', needsModel, async () => {
  const { AWS_ENDPOINT_URL_S3: s3 = '' } = exported();
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
  child.kill('SIGINT');
  assert.equal(await ended, 0);
  await assert.rejects(fetch(s3));
});
