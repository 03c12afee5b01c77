import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printable, printableFailure, printableLines } from '../../local/printable.ts';

test('a name cannot move the cursor, forge a line or turn the writing around', () => {
  assert.equal(printable('a\nb\rc\td'), 'a\\nb\\rc\\td');
  assert.equal(printable('\x1b[2J\x07\x00\x7f\x9b1A'), '\\x1b[2J\\x07\\x00\\x7f\\x9b1A');
  assert.equal(printable('gpj.\u202eexe\u2028\u2069\ud800'), 'gpj.\\u202eexe\\u2028\\u2069\\ud800');
});

test('and stays as it is in any language', () => {
  for (const name of ['Apple Golden 3/12_100.jpg', 'Ää ñ 日本語 עברית', '👩‍👩‍👧 é', 'a\\n%00']) {
    assert.equal(printable(name), name);
  }
  assert.equal(printableLines('first\nsec\x1bond'), 'first\nsec\\x1bond');
});

test('a failure is told in one line, with its type and the line of our own source that threw it', () => {
  const thrown = (stack: string) => Object.assign(new Error('no\nway'), { stack });
  const stack = `RangeError: no
way
    at Object.write (/home/me/verger/node_modules/some/functions.js:3:1)
    at erasePhoto (/home/me/verger/functions/core/erase.ts:25:40)
    at async handler (/home/me/verger/functions/erase.ts:20:57)`;
  assert.equal(printableFailure(thrown(stack)), 'RangeError: no\\nway (functions/core/erase.ts:25:40)');
  assert.equal(printableFailure(thrown('Runtime.ExitError: no')), 'Runtime.ExitError: no\\nway');
  assert.equal(printableFailure(thrown('')), 'Error: no\\nway');
});
