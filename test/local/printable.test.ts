import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printable, printableLines } from '../../local/printable.ts';

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
