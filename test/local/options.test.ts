import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { parseStartOptions } from '../../local/run/options.ts';

test('without options the samples go to out/, all else at its default', () => {
  assert.deepEqual(parseStartOptions([]), { out: resolve('out'), reduce: {}, keep: false });
});

test('options reach reduce as it takes them', () => {
  const options = parseStartOptions(
    '--photos p --out o --components 0.9 --no-standardize --csv --keep'.split(' '),
  );
  assert.deepEqual(options, {
    photos: resolve('p'),
    out: resolve('o'),
    reduce: { components: 0.9, standardize: false, csv: true },
    keep: true,
  });
  assert.equal(parseStartOptions(['--segments', '5'])?.reduce.segments, 5);
  for (const wrong of ['0', '1.5', 'many', '-1', '8001']) {
    assert.throws(() => parseStartOptions([`--segments=${wrong}`]), /segments/);
  }
  assert.equal(parseStartOptions(['--components', '8'])?.reduce.components, 8);
  assert.equal(parseStartOptions(['--components', 'elbow'])?.reduce.components, 'elbow');
});

test('help asks for nothing else', () => {
  assert.equal(parseStartOptions(['--help']), undefined);
});

const WRONG: [parameters: string[], message: RegExp][] = [
  [['--fotos', 'x'], /Unknown option '--fotos'[\s\S]*npm start -- \[--photos DIR\]/],
  [['photos'], /Unexpected argument 'photos'/],
  [['--photos'], /--photos.*argument missing/],
  [['--components', '1.5'], /components is 1\.5; allowed/],
  [['--components', 'many'], /components is "many"; allowed/],
  [['--components', ''], /components is ""; allowed/],
  [['--components', '0'], /components is 0; allowed/],
];
for (const [parameters, message] of WRONG) {
  test(`${parameters.join(' ')} is refused before anything starts`, () => {
    assert.throws(() => parseStartOptions(parameters), message);
  });
}
