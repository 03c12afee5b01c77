import assert from 'node:assert/strict';
import { test } from 'node:test';
import { preview } from '../../functions/core/preview.ts';

const deep = { a: { b: { c: { d: { e: 1 } } } } };
const eleven = Array.from({ length: 11 }, (_, at) => at);

for (const [value, expected] of [
  [undefined, 'absent'],
  [null, 'null'],
  [1.5, '1.5'],
  [true, 'true'],
  ['', '""'],
  ['a "b"\n', '"a \\"b\\"\\n"'],
  [[], '[]'],
  [[1, 'a', null, undefined], '[1,"a",null,absent]'],
  [{}, '{}'],
  [{ a: 1, 'b c': [2] }, '{"a":1,"b c":[2]}'],
  [eleven.slice(1), '[1,2,3,4,5,6,7,8,9,10]'],
  [eleven, '[0,1,2,3,4,5,6,7,8,9,…]'],
  [
    Object.fromEntries(eleven.map((at) => [`k${at}`, at])),
    '{"k0":0,"k1":1,"k2":2,"k3":3,"k4":4,"k5":5,"k6":6,"k7":7,"k8":8,"k9":9,…}',
  ],
  [deep, '{"a":{"b":{"c":{"d":{…}}}}}'],
  [[[[[[1]]]]], '[[[[[…]]]]]'],
  [{ ['n'.repeat(101)]: 1 }, `{"${'n'.repeat(98)}…`],
  ['s'.repeat(98), `"${'s'.repeat(98)}"`],
  ['s'.repeat(99), `"${'s'.repeat(99)}…`],
] as const) {
  test(`shown as ${expected}`, () => assert.equal(preview(value), expected));
}

test('only what is shown is looked at: a value nested beyond recursion, and members that must not be read', () => {
  let nested: unknown = 1;
  for (let depth = 0; depth < 100_000; depth++) nested = [nested];
  assert.equal(preview(nested), '[[[[[…]]]]]');
  const guarded = new Array(20).fill(0);
  Object.defineProperty(guarded, 10, { get: () => assert.fail('the eleventh is read') });
  assert.equal(preview(guarded), '[0,0,0,0,0,0,0,0,0,0,…]');
});
