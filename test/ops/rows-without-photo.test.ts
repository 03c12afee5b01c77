import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';

/** Stands in for the AWS CLI: answers.json holds what scan and list-objects-v2 answer, deleted.jsonl what was deleted. */
const AWS = `#!/usr/bin/env node
const { appendFileSync, readFileSync } = require('node:fs');
const [, operation, ...options] = process.argv.slice(2);
const answer = JSON.parse(readFileSync('answers.json'))[operation];
if (answer === 'denied') process.exit(255);
if (operation === 'delete-item') appendFileSync('deleted.jsonl', options[options.indexOf('--key') + 1] + '\\n');
else console.log(JSON.stringify(answer));
`;

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'verger-test-'));
  writeFileSync(join(folder, 'aws'), AWS, { mode: 0o755 });
  writeFileSync(join(folder, 'deleted.jsonl'), '');
});

afterEach(() => rmSync(folder, { recursive: true }));

function run(
  featurized: string[] | 'denied' | null,
  stored: string[] | 'denied' | null,
  ...options: string[]
) {
  writeFileSync(
    join(folder, 'answers.json'),
    JSON.stringify({ scan: featurized, 'list-objects-v2': stored }),
  );
  const script = join(import.meta.dirname, '../../ops/rows-without-photo.sh');
  const env = { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}` };
  const result = spawnSync('bash', [script, 'TABLE', 'BUCKET', ...options], {
    cwd: folder,
    env,
    encoding: 'utf8',
  });
  const deleted = readFileSync(join(folder, 'deleted.jsonl'), 'utf8').trim().split('\n').filter(Boolean);
  return { ...result, deleted: deleted.map((key) => JSON.parse(key).photo.S) };
}

const TABLE = ['fruits/b.jpg', 'été/ä.jpg', 'a b/"q".jpg', 'Z.jpg'];

test('rows whose photo is gone are listed, and none is deleted unasked', () => {
  const { stdout, status, deleted } = run(TABLE, ['Z.jpg', 'fruits/b.jpg', 'fruits/new.jpg']);
  assert.equal(stdout, 'a b/"q".jpg\nété/ä.jpg\n');
  assert.equal(status, 0);
  assert.deepEqual(deleted, []);
});

test('asked to, it deletes those rows alone', () => {
  const { deleted } = run(TABLE, ['Z.jpg', 'fruits/b.jpg', 'fruits/new.jpg'], '--delete');
  assert.deepEqual(deleted, ['a b/"q".jpg', 'été/ä.jpg']);
});

test('an empty bucket leaves no row, an empty table asks for nothing', () => {
  assert.deepEqual(run(['a', 'b'], null, '--delete').deleted, ['a', 'b']);
  writeFileSync(join(folder, 'deleted.jsonl'), '');
  assert.deepEqual(run(null, ['a'], '--delete').deleted, []);
});

test('where the bucket or the table cannot be read, nothing is deleted', () => {
  for (const [featurized, stored] of [
    [TABLE, 'denied'],
    ['denied', ['a']],
  ] as const) {
    const { status, deleted } = run(
      featurized === 'denied' ? featurized : [...featurized],
      stored === 'denied' ? stored : [...stored],
      '--delete',
    );
    assert.notEqual(status, 0);
    assert.deepEqual(deleted, []);
  }
});
