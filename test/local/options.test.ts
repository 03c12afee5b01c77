import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { parseStartOptions } from '../../local/run/options.ts';
import { findPhotos } from '../../local/run/photos.ts';
import { makeFolder } from './folder.ts';

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

test('photos are all files below the folder whatever their names, but names beginning with a dot', async () => {
  const folder = makeFolder();
  for (const name of [
    'b.txt',
    'a 1/x+y.JPG',
    'a 1/deep/ü.png',
    '.hidden.jpg',
    '.git/x.jpg',
    'a 1/.DS_Store',
  ]) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), 'x');
  }
  symlinkSync(join(folder, 'b.txt'), join(folder, 'link.txt'));
  const photos = await findPhotos(folder);
  assert.deepEqual(
    photos.map(({ key }) => key),
    ['a 1/deep/ü.png', 'a 1/x+y.JPG', 'b.txt'],
  );
  assert.equal(photos[2]?.path, join(folder, 'b.txt'));
});

test('a folder that is missing, or holds no photo, is named', async () => {
  const folder = makeFolder();
  await assert.rejects(findPhotos(folder), new RegExp(`${folder} .*holds no file`));
  await assert.rejects(findPhotos(join(folder, 'none')), /There is no folder .*none/);
});
