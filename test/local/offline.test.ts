/** `sls offline` by itself, without npm run dev. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { FREE_PORTS } from '../../local/stack/serverless.ts';
import { makeFolder } from './folder.ts';

const root = join(import.meta.dirname, '../..');
const bin = createRequire(import.meta.url).resolve('serverless/bin/serverless.js');
const data = join(makeFolder(), 'data');
let output = '';
let child: ChildProcess;

before(async () => {
  child = spawn(process.execPath, [bin, 'offline'], {
    cwd: root,
    env: { ...process.env, ...FREE_PORTS, VERGER_LOCAL_DATA: data },
  });
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (part) => (output += part));
  for (const end = performance.now() + 60_000; !output.includes('Ctrl-C'); await setTimeout(50)) {
    assert.ok(performance.now() < end && child.exitCode === null, output);
  }
});
after(() => child?.kill('SIGKILL'));

function endpoint(service: string): string {
  const [, address] = new RegExp(`^${service} +(http://127\\.0\\.0\\.1:\\d+)`, 'm').exec(output) ?? [];
  assert.ok(address, output);
  return address;
}

test('says where S3, DynamoDB and Lambda listen, and there they do', async () => {
  assert.match(await (await fetch(endpoint('S3'))).text(), /verger-dev-photos-local/);
  assert.match(await (await fetch(endpoint('DynamoDB'))).text(), /dynamodb/);
  const queue = await (await fetch(`${endpoint('Lambda')}/local/queue`)).json();
  assert.equal((queue as { failed: number }).failed, 0);
});

test('every function is invoked by its name', async () => {
  const env = { ...process.env, AWS_ENDPOINT_URL_LAMBDA: endpoint('Lambda') };
  const credentials = { AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER' };
  const invoke = (name: string, event: object): Promise<string> => {
    const words = [bin, 'invoke', name, '--data', JSON.stringify(event)];
    const options = { cwd: root, env: { ...env, ...credentials } };
    return promisify(execFile)(process.execPath, words, options).then(
      ({ stdout }) => stdout,
      (error: { stdout: string }) => error.stdout,
    );
  };
  const test = { Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'verger-dev-photos-local' };
  assert.match(await invoke('featurize', test), /^\[\]$/m);
  assert.match(await invoke('erase', test), /^null$/m);
  assert.match(await invoke('backfill', { prefix: '' }), /"state": "done"/);
  assert.match(await invoke('reduce', { components: 2 }), /"errorType": "TooFewRows"/);
});

test('identify answers over HTTP: its page, and photos of any type as API Gateway hands them on', async () => {
  const [, address] = /^Identify +(http:\/\/localhost:\d+)/m.exec(output) ?? [];
  assert.ok(address, output);
  const page = await fetch(address);
  assert.equal(page.status, 200);
  assert.match(await page.text(), /<h1 data-says="title">/);
  const post = (body: Buffer | string, type?: string, headers: Record<string, string> = {}) =>
    fetch(`${address}/identify`, {
      method: 'POST',
      body,
      headers: { ...(type && { 'content-type': type }), ...headers },
    });
  const photo = readFileSync(join(root, 'samples/Kiwi/000.jpg'));
  for (const type of [
    undefined,
    'image/jpeg',
    'application/octet-stream',
    'application/x-www-form-urlencoded',
  ]) {
    const answer = await post(photo, type);
    const told = (await answer.json()) as { reason: string };
    assert.deepEqual(
      [answer.status, told.reason],
      [503, 'no-snapshot'],
      `${type}: the photo arrives whole, and nothing is known`,
    );
  }
  assert.equal((await post('no photo', 'text/plain')).status, 503);
  const foreign = await post(photo, 'image/jpeg', { origin: 'https://elsewhere.example' });
  assert.equal(foreign.status, 403);
});

test('an interrupt ends it, and what listened with it', async () => {
  const s3 = endpoint('S3');
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
  child.kill('SIGINT');
  assert.equal(await ended, 0);
  for (const address of [s3, endpoint('DynamoDB'), endpoint('Lambda')]) await assert.rejects(fetch(address));
  assert.equal(existsSync(join(data, 'lock')), false, 'the data folder is not given back');
});
