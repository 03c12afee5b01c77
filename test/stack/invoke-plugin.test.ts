/** `sls invoke NAME`, for every function, against a stand-in for Lambda that keeps what it is asked. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, beforeEach, test } from 'node:test';

const root = join(import.meta.dirname, '../..');
const bin = createRequire(import.meta.url).resolve('serverless/bin/serverless.js');

interface Asked {
  path: string | undefined;
  type: unknown;
  event: unknown;
}
const asked: Asked[] = [];
let lambda: Server;

before(async () => {
  lambda = createServer(async (request, response) => {
    const event: unknown = JSON.parse(await text(request));
    asked.push({ path: request.url, type: request.headers['x-amz-invocation-type'], event });
    const isBroken = request.url?.includes('-erase/');
    if (isBroken) response.setHeader('x-amz-function-error', 'Unhandled');
    response.end(JSON.stringify(isBroken ? { errorMessage: 'the table is away' } : { answer: 42 }));
  });
  await new Promise<void>((resolve) => lambda.listen(0, '127.0.0.1', resolve));
});
beforeEach(() => {
  asked.length = 0;
});
after(() => lambda.close());

function run(...words: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const { port } = lambda.address() as AddressInfo;
  const env = {
    ...process.env,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_PROFILE: undefined,
    AWS_ENDPOINT_URL_LAMBDA: `http://127.0.0.1:${port}`,
  };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [bin, ...words], { cwd: root, env }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
    child.stdin?.end(); // what comes in is data, too
  });
}

const invoke = (...words: string[]) => run('invoke', ...words);

const invocation = (name: string, event: unknown, type = 'RequestResponse'): Asked => ({
  path: `/2015-03-31/functions/verger-${name}/invocations`,
  type,
  event,
});

test('every function of serverless.yml is invoked by its name', async () => {
  const { functions } = JSON.parse((await run('print', '--format', 'json')).stdout) as { functions: object };
  const names = Object.keys(functions);
  assert.ok(names.includes('reduce'));
  await Promise.all(names.map((name) => invoke(name)));
  assert.deepEqual(
    new Map(asked.map((each) => [each.path, each])),
    new Map(names.map((name) => invocation(`dev-${name}`, {})).map((each) => [each.path, each])),
  );
});

test('it takes data, stage and kind of invocation, and prints the answer, as with -f', async () => {
  const { code, stdout } = await invoke('reduce', '-d', '{"components": 2}', '--stage', 'prod');
  assert.deepEqual(asked, [invocation('prod-reduce', { components: 2 })]);
  assert.equal(code, 0);
  assert.deepEqual(JSON.parse(stdout), { answer: 42 });
  const withOption = await invoke('-f', 'reduce', '-d', '{"components": 2}', '--stage', 'prod');
  assert.equal(withOption.stdout, stdout);
  assert.deepEqual(asked[1], asked[0]);

  await invoke('backfill', '-t', 'Event', '--data', '{"prefix": ""}');
  assert.deepEqual(asked[2], invocation('dev-backfill', { prefix: '' }, 'Event'));
});

test('a function that fails makes the command fail', async () => {
  const { code, stdout } = await invoke('erase');
  assert.equal(code, 1);
  assert.match(stdout, /the table is away/);
});

test('a name that is not a function of the service invokes nothing', async () => {
  const { code, stdout } = await invoke('redcue');
  assert.equal(code, 1);
  assert.match(stdout, /redcue/);
  assert.deepEqual(asked, []);
});
