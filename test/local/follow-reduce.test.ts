import assert from 'node:assert/strict';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { followReduce } from '../../local/run/follow-reduce.ts';
import { makeFolder } from './folder.ts';

const entry = (fields: object) => `${JSON.stringify({ service: 'verger', ...fields })}\n`;

test('each phase of a reduce is told once, as it is logged, until the reduce ends; what was logged before is not', async () => {
  const log = join(makeFolder(), 'stack.log');
  writeFileSync(log, entry({ message: 'reduce-fitted', components: 3 }));
  const told: string[] = [];
  const work = (async () => {
    await setTimeout(50);
    appendFileSync(log, entry({ message: 'reduce-paged', used: 240 }));
    while (told.length === 0) await setTimeout(10);
    assert.deepEqual(told, ['240 photos read']);
    appendFileSync(
      log,
      `not JSON\n${entry({ message: 'photo' })}${entry({ message: 'reduce-pictured', made: 2, wanted: 3 })}`,
    );
    return 'result';
  })();
  assert.equal(await followReduce(log, (line) => told.push(line), work), 'result');
  assert.deepEqual(told, ['240 photos read', '2 of 3 pictures made']);
});

test('a reduce that fails is the error that is seen', async () => {
  const log = join(makeFolder(), 'stack.log');
  writeFileSync(log, '');
  await assert.rejects(
    followReduce(log, () => {}, Promise.reject(new Error('no rows'))),
    /no rows/,
  );
});
