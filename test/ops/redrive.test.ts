import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';

/** Stands in for the AWS CLI: messages.json is the queue, calls.jsonl what was called. */
const AWS = `#!/usr/bin/env node
const { appendFileSync, existsSync, readFileSync, writeFileSync } = require('node:fs');
const [service, operation, ...options] = process.argv.slice(2);
const option = (name) => options[options.indexOf(name) + 1];
const messages = JSON.parse(readFileSync('messages.json'));
const log = (call) => appendFileSync('calls.jsonl', JSON.stringify(call) + '\\n');
if (operation === 'receive-message' && messages.length > 0) {
  console.log(JSON.stringify({ Messages: [messages[0]] }));
  writeFileSync('messages.json', JSON.stringify(messages.slice(1))); // hidden from the next receiver
}
if (operation === 'delete-message') log({ deleted: option('--receipt-handle') });
if (operation === 'invoke') {
  const payload = JSON.parse(readFileSync(option('--payload').replace('fileb://', '')));
  log({ invoked: option('--function-name'), type: option('--invocation-type'), payload });
  if (existsSync('refuse')) process.exit(255);
}
`;

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'verger-test-'));
  writeFileSync(join(folder, 'aws'), AWS, { mode: 0o755 });
  writeFileSync(join(folder, 'calls.jsonl'), '');
});

afterEach(() => rmSync(folder, { recursive: true }));

function message(handle: string, functionName: string, requestPayload: unknown, sentAt = Date.now() - 1000) {
  const functionArn = `arn:aws:lambda:eu-west-1:123456789012:function:${functionName}:$LATEST`;
  const record = {
    requestContext: { functionArn, condition: 'RetriesExhausted' },
    requestPayload,
    responsePayload: { errorMessage: 'the table was away' },
  };
  return {
    ReceiptHandle: handle,
    Body: JSON.stringify(record),
    Attributes: { SentTimestamp: String(sentAt) },
  };
}

function redrive(messages: unknown[]) {
  writeFileSync(join(folder, 'messages.json'), JSON.stringify(messages));
  const script = join(import.meta.dirname, '../../ops/redrive.mjs');
  const env = { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}` };
  const result = spawnSync(process.execPath, [script, 'QUEUE'], { cwd: folder, env, encoding: 'utf8' });
  const calls = readFileSync(join(folder, 'calls.jsonl'), 'utf8').trim().split('\n').filter(Boolean);
  return { ...result, calls: calls.map((call) => JSON.parse(call)) };
}

const removal = { Records: [{ eventName: 'ObjectRemoved:Delete' }] };

test('each failed event is invoked again as it was, and then deleted from the queue', () => {
  const { status, stdout, calls } = redrive([
    message('a', 'verger-prod-erase', removal),
    message('b', 'verger-prod-reduce', {}),
  ]);
  assert.deepEqual(calls, [
    { invoked: 'verger-prod-erase', type: 'Event', payload: removal },
    { deleted: 'a' },
    { invoked: 'verger-prod-reduce', type: 'Event', payload: {} },
    { deleted: 'b' },
  ]);
  assert.match(stdout, /^verger-prod-erase again; it had failed with: the table was away$/m);
  assert.equal(status, 0);
});

test('a message that Lambda does not accept stays in the queue', () => {
  writeFileSync(join(folder, 'refuse'), '');
  const { status, calls } = redrive([message('a', 'verger-prod-erase', removal)]);
  assert.deepEqual(
    calls.map((call) => Object.keys(call)[0]),
    ['invoked'],
  );
  assert.notEqual(status, 0);
});

test('what fails again while this runs is left for a person', () => {
  const { status, calls } = redrive([
    message('a', 'verger-prod-erase', removal, Date.now() + 60_000),
    message('b', 'verger-prod-reduce', {}),
  ]);
  assert.deepEqual(
    calls.map(({ invoked, deleted }) => invoked ?? deleted),
    ['verger-prod-reduce', 'b'],
  );
  assert.equal(status, 0);
});
