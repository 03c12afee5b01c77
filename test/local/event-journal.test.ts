import assert from 'node:assert/strict';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openEventJournal } from '../../local/stack/async-lambda.ts';
import { makeFolder } from './folder.ts';

function path(): string {
  return join(makeFolder(), 'events.jsonl');
}

test('what was accepted and not finished is there again in order, under its number', () => {
  const file = path();
  const first = openEventJournal(file);
  assert.deepEqual(first.unfinished, []);
  const accepted = ['a', 'b', 'c'].map((key) => first.accept('featurize', { key }));
  first.finish(accepted[1]!.id);
  first.close();

  const second = openEventJournal(file);
  assert.deepEqual(second.unfinished, [accepted[0], accepted[2]]);
  assert.equal(second.accept('erase', {}).id, accepted[2]!.id + 1);
  second.close();
});

test('a line that a kill cut off is passed over, and spoils none after it', () => {
  const file = path();
  const first = openEventJournal(file);
  const whole = first.accept('featurize', { key: 'a' });
  first.close();
  appendFileSync(file, '{"id":2,"functionKey":"feat');

  const second = openEventJournal(file);
  const next = second.accept('featurize', { key: 'b' });
  second.close();
  assert.deepEqual(openEventJournal(file).unfinished, [whole, next]);
});

test('opening forgets what is finished, so the file does not grow for ever', () => {
  const file = path();
  const first = openEventJournal(file);
  for (let n = 0; n < 100; n++) first.finish(first.accept('featurize', { n }).id);
  first.close();
  openEventJournal(file).close();
  assert.equal(readFileSync(file, 'utf8'), '');
});
