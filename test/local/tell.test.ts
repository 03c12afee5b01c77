import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseLogEntry, tellEntry } from '../../local/develop/tell.ts';

const key = 'Apple Red/000.jpg';
const milliseconds = { read: 4.2, decode: 3.1, inference: 9.4, store: 4.4 };

const TOLD: [entry: Record<string, unknown>, line: string | undefined][] = [
  [{ message: 'photo', key, status: 'featurized', milliseconds }, 'featurized Apple Red/000.jpg 21 ms'],
  [
    {
      message: 'photo',
      key,
      status: 'refused',
      reason: 'corrupt',
      detail: 'photo is cut short',
      milliseconds,
    },
    'refused Apple Red/000.jpg: corrupt, photo is cut short',
  ],
  [{ message: 'photo', key, status: 'skipped', milliseconds }, 'skipped Apple Red/000.jpg'],
  [{ message: 'erasure', key, status: 'erased' }, 'erased Apple Red/000.jpg'],
  [{ message: 'erasure', key, status: 'kept' }, 'kept Apple Red/000.jpg, not erased'],
  [
    { message: 'reduce', rows: 240, milliseconds: { page: 2000, fit: 1100 }, parts: 'rows/snapshot=now/' },
    'reduce 240 photos 3.1 s → rows/snapshot=now/',
  ],
  [{ message: 'reduce-skipped', why: 'there is 1 photo' }, 'reduce skipped: there is 1 photo'],
  [{ message: 'reduce-paged', counts: {} }, undefined],
  // The logger leaves out what is empty.
  [{ message: 'backfill', state: 'done', listed: 9, sent: 2 }, 'backfill of all done: 9 listed, 2 sent'],
  [
    { message: 'backfill', prefix: 'Kiwi/', state: 'running', listed: 9, sent: 2 },
    'backfill Kiwi/ running: 9 listed, 2 sent',
  ],
  [{ message: 'handed-on', together: 3, alone: 1 }, 'handed on 4 photos to other invocations'],
  [{ message: 'failure', key, error: 'Error: no' }, 'failed Apple Red/000.jpg: Error: no'],
  [{ message: 'failed', error: { stack: 'Error: no' } }, undefined],
  [{ message: 'what somebody tries out' }, 'what somebody tries out'],
  [{ message: 'constructor' }, 'constructor'],
  [{ message: 'photo', key, status: 'featurized' }, 'featurized Apple Red/000.jpg 0 ms'],
];

for (const [entry, line] of TOLD) {
  test(`${JSON.stringify(entry)} is told as ${line}`, () => {
    const parsed = parseLogEntry(JSON.stringify({ level: 'INFO', service: 'verger', ...entry }));
    assert.ok(parsed);
    assert.equal(tellEntry(parsed), line);
  });
}

test('a name that would forge a line or move the cursor is escaped', () => {
  const entry = { message: 'erasure', key: 'a\nerased b\u001b[2J\u202e', status: 'erased' };
  assert.equal(tellEntry(entry), 'erased a\\nerased b\\x1b[2J\\u202e');
});

test('a line that is not an entry of the log is left to whoever printed it', () => {
  for (const line of ['', 'text', '{', '{}', '[]', 'null', '{"message":"photo"}', '{"service":"verger"}']) {
    assert.equal(parseLogEntry(line), undefined, line);
  }
});
