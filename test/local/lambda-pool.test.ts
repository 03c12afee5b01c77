import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { build } from 'esbuild';
import { createLambdaPool, type LambdaPool } from '../../local/stack/lambda-pool.ts';
import { ensureModel } from '../../model/ensure-model.ts';
import { fakeServerless } from './fake-serverless.ts';
import { makeFolder } from './folder.ts';

const root = join(import.meta.dirname, '../..');
const model = await ensureModel();

/** Does to its process what the event says. */
const HANDLER = `
const { InferenceSession, Tensor } = require(${JSON.stringify(join(root, 'node_modules/onnxruntime-node'))});
const doing = {
  pid: () => process.pid,
  nothing: () => {},
  prints: ({ name }) => console.log(JSON.stringify({ name })),
  warns: ({ name }) => console.error(name),
  'counts to a second': () => new Promise((counted) => setTimeout(() => counted('old'), 1000)),
  environment: ({ name }) => process.env[name],
  context: (_, context) => ({ ...context, remaining: context.getRemainingTimeInMillis() }),
  throws: () => { throw new RangeError('cannot'); },
  'throws text': () => { throw 'cannot'; },
  circle: () => { const circle = {}; circle.circle = circle; return circle; },
  exits: () => process.exit(0),
  aborts: () => process.abort(),
  'is killed': () => new Promise(() => process.kill(process.pid, 'SIGSEGV')),
  'throws out of its promise': () => new Promise(() => setTimeout(() => { throw new Error('elsewhere'); })),
  'rejects out of its promise': () => new Promise(() => { void Promise.reject(new Error('elsewhere')); }),
  waits: () => new Promise(() => setInterval(() => {}, 1000)),
  spins: () => { for (;;); },
  'runs the network': async () => {
    const session = await InferenceSession.create(process.env.MODEL_PATH, { intraOpNumThreads: 1 });
    const image = new Tensor('uint8', new Uint8Array(3 * 224 * 224), [1, 224, 224, 3]);
    for (;;) await session.run({ image }, ['features']);
  },
};
exports.handler = async (event, context) => doing[event.what](event, context);`;

const folder = makeFolder();
const serverless = fakeServerless({ folder, handler: HANDLER, environment: { COLOUR: 'red' } });
for (const definition of Object.values(serverless.service.functions)) {
  Object.assign(definition, { timeout: 5, memorySize: 300 });
  definition.environment = { COLOUR: 'red', MODEL_PATH: model.path };
}
const pool = createLambdaPool(serverless);
after(() => pool.close());
const doing = (what: string, more: object = {}, of: LambdaPool = pool) =>
  of.invoke('featurize', JSON.stringify({ what, ...more }));

test('a function runs in a process of its own, and the next invocation in the same one', async () => {
  const first = await doing('pid');
  assert.notEqual(first, process.pid);
  assert.equal(await doing('pid'), first);
  const [one, other] = await Promise.all([doing('pid'), doing('pid')]);
  assert.notEqual(one, other, 'two at once take two');
  assert.notEqual(await pool.invoke('erase', '{"what":"pid"}'), first, 'and so do two functions');
});

test('a function finds its environment and its context, and null for nothing', async () => {
  assert.equal(await doing('environment', { name: 'COLOUR' }), 'red');
  assert.equal(await doing('environment', { name: 'AWS_LAMBDA_FUNCTION_NAME' }), 'test-featurize');
  const { functionName, memoryLimitInMB, remaining, clientContext } = (await pool.invoke(
    'featurize',
    '{"what":"context"}',
    { from: 'here' },
  )) as Record<string, unknown>;
  assert.deepEqual(
    [functionName, memoryLimitInMB, clientContext],
    ['test-featurize', '300', { from: 'here' }],
  );
  assert.ok(Number(remaining) > 1000 && Number(remaining) <= 5000, String(remaining));
  assert.equal(await doing('nothing'), null);
});

/** Makes the bundle again as bundle.ts does: another file takes its place. */
function replaceHandler(code: string): void {
  const path = join(folder, 'handler.js');
  writeFileSync(`${path}.part`, code);
  renameSync(`${path}.part`, path);
}

test('an invocation runs the code there is when it begins, and to its end, whatever comes in its place', async (t) => {
  t.after(() => replaceHandler(HANDLER));
  const old = await doing('pid');
  const running = doing('counts to a second');
  const beside = await doing('pid');
  replaceHandler(HANDLER.replace('pid: () => process.pid', "pid: () => 'new ' + process.pid"));
  assert.match(String(await doing('pid')), /^new \d+$/);
  assert.match(String(await pool.invoke('erase', '{"what":"pid"}')), /^new \d+$/, 'of each function');
  assert.equal(await running, 'old');
  assert.match(String(await doing('pid')), /^new \d+$/);
  await Promise.all([doing('pid'), doing('pid')]);
  for (const pid of [old, beside]) assert.throws(() => process.kill(Number(pid), 0), { code: 'ESRCH' });
});

test('what a function prints is taken by the line, from both its outputs', async (t) => {
  const lines: string[] = [];
  const telling = createLambdaPool(serverless, (line) => lines.push(line));
  t.after(() => telling.close());
  await doing('prints', { name: 'a\nb' }, telling);
  await doing('warns', { name: 'beware' }, telling);
  for (const end = performance.now() + 10_000; lines.length < 2; await setTimeout(10)) {
    assert.ok(performance.now() < end, lines.join('\n'));
  }
  assert.deepEqual(lines, ['{"name":"a\\nb"}', 'beware']);
});

test('a stack trace names the lines of the source that a bundle was made of', async (t) => {
  t.after(() => replaceHandler(HANDLER));
  const { outputFiles } = await build({
    stdin: { contents: `\n\n${HANDLER}`, sourcefile: 'source.ts', resolveDir: folder },
    outfile: join(folder, 'handler.js'),
    sourcemap: 'linked',
    minify: true,
    platform: 'node',
    format: 'cjs',
    write: false,
  });
  for (const { path, text } of outputFiles.toReversed()) {
    if (path.endsWith('.map')) writeFileSync(path, text);
    else replaceHandler(text);
  }
  const line = `\n\n${HANDLER}`.slice(0, `\n\n${HANDLER}`.indexOf('RangeError')).split('\n').length;
  await assert.rejects(doing('throws'), { stack: new RegExp(`^RangeError: cannot\n.*source\\.ts:${line}:`) });
});

const failures: Record<string, RegExp> = {
  throws: /^RangeError: cannot\n.*handler\.js/,
  'throws text': /^Error: cannot/,
  circle: /^TypeError: .*circular/,
  exits: /^Runtime\.ExitError: Runtime exited with error: exit status 0$/,
  aborts: /^Runtime\.ExitError: .* signal: SIGABRT$/,
  'is killed': /^Runtime\.ExitError: .* signal: SIGSEGV$/,
  'throws out of its promise': /^Runtime\.ExitError: .* exit status 1$/,
  'rejects out of its promise': /^Runtime\.ExitError: .* exit status 1$/,
  waits: /^Sandbox\.Timedout: Task timed out after 5\.00 seconds$/,
  spins: /^Sandbox\.Timedout/,
  'runs the network': /^Sandbox\.Timedout/,
};
for (const [what, stack] of Object.entries(failures)) {
  test(`an invocation that ${what} fails by itself: one beside it and the next are answered`, async () => {
    const beside = Promise.all([setTimeout(10), doing('pid')]);
    await assert.rejects(doing(what), { stack });
    await beside;
    assert.equal(typeof (await doing('pid')), 'number');
  });
}

test('what a function prints moves no cursor, and its JSON stays the same', async () => {
  const name = 'a\u001b[1A\u009b1A\u202e\u2028ü';
  const worker = fork(join(root, 'local/stack/lambda-worker.mjs'), [join(folder, 'handler.js'), 'handler'], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const printed = text(worker.stdout!);
  worker.send({
    payload: JSON.stringify({ what: 'prints', name }),
    context: {},
    deadline: Date.now() + 60_000,
  });
  await once(worker, 'message');
  worker.disconnect();
  assert.equal(await printed, '{"name":"a\\u001b[1A\\u009b1A\\u202e\\u2028ü"}\n');
});

test('a pool closes while the network runs, leaves no process and answers nothing more', async () => {
  const closing = createLambdaPool(serverless);
  const pid = Number(await doing('pid', {}, closing));
  let isSettled = false;
  const settle = () => {
    isSettled = true;
  };
  void doing('runs the network', {}, closing).then(settle, settle);
  await setTimeout(500);
  await closing.close();
  assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
  assert.equal(isSettled, false);
});
