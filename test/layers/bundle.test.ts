import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { bundle, bundleForLambda, bundlesIn, filesFor } from '../../layers/bundle.ts';
import { bundleIfChanged } from '../../layers/bundle-if-changed.ts';
import { functionNames } from '../../layers/functions.ts';
import { makeFolder } from '../local/folder.ts';

interface SourceMap {
  sources: string[];
  sourcesContent?: string[];
}

const first = await bundleForLambda();

test('bundles for Lambda and their source maps are the same bytes every time', async () => {
  const second = await bundleForLambda();
  assert.deepEqual(first, second);
  const bundles = functionNames().flatMap((name) => [`functions/${name}.js`, `functions/${name}.js.map`]);
  const beside = ['package.json', 'functions/parquet-thread.cjs'];
  assert.deepEqual([...first.keys()].sort(), [...beside, ...bundles].sort());
});

test('the thread that writes Parquet is packaged with the functions that start it, and with no other', () => {
  const having = bundlesIn(first).filter((path) =>
    filesFor(path, first).includes('functions/parquet-thread.cjs'),
  );
  assert.deepEqual(having.sort(), ['functions/phase.js', 'functions/reduce.js']);
  assert.deepEqual(filesFor('functions/erase.js', first), ['package.json', 'functions/erase.js']);
  assert.equal(
    Buffer.from(first.get('functions/parquet-thread.cjs')!).toString(),
    readFileSync('functions/core/snapshot/parquet-thread.cjs', 'utf8'),
  );
});

test('a bundle for Lambda is minified and mentions no map; its map names sources from build/, and no machine', () => {
  const code = Buffer.from(first.get('functions/erase.js')!).toString();
  assert.ok(Math.max(...code.split('\n').map(({ length }) => length)) > 1000, 'no line is long');
  assert.doesNotMatch(code, /sourceMappingURL/);
  const { sources } = JSON.parse(Buffer.from(first.get('functions/erase.js.map')!).toString()) as SourceMap;
  assert.ok(sources.includes('../../functions/core/erase.ts'), sources.join('\n'));
  for (const source of sources) assert.match(source, /^\.\.\/\.\.\/(functions|node_modules|package\.json)/);
});

test('a bundle for this machine has its lines, its map beside it, and is written only where it changes', async () => {
  const folder = makeFolder();
  const sizes = await bundle(folder);
  assert.deepEqual(
    [...sizes.keys()].sort(),
    functionNames()
      .map((name) => `functions/${name}.js`)
      .sort(),
  );
  const path = join(folder, 'functions/erase.js');
  const code = readFileSync(path, 'utf8');
  assert.match(code, /^async function erasePhoto\(ports2, removal\) \{$/m);
  assert.match(code, /\/\/# sourceMappingURL=erase\.js\.map\n$/);
  const { sourcesContent } = JSON.parse(readFileSync(`${path}.map`, 'utf8')) as SourceMap;
  assert.equal(sourcesContent, undefined, 'the sources are at hand');

  const before = [path, join(folder, 'package.json')].map((file) => statSync(file).ino);
  await bundle(folder);
  assert.deepEqual(
    [path, join(folder, 'package.json')].map((file) => statSync(file).ino),
    before,
  );
});

test('bundles are made again where one was touched, or a source or package has changed, and not otherwise', async () => {
  const [folder, root] = [makeFolder(), makeFolder()];
  const source = join(root, 'functions/core/a.ts');
  const packages = join(root, 'node_modules/.package-lock.json');
  const made = join(folder, 'functions/erase.js');
  for (const path of [source, packages, made]) mkdirSync(dirname(path), { recursive: true });
  let times = 0;
  const bundleIf = async () => {
    await bundleIfChanged(folder, root, async () => {
      writeFileSync(made, `made ${times++}`);
      return new Map();
    });
    return times;
  };
  assert.deepEqual([await bundleIf(), await bundleIf()], [1, 1]);
  for (const [at, path] of [source, packages, made].entries()) {
    writeFileSync(path, 'changed');
    assert.deepEqual([await bundleIf(), await bundleIf()], [at + 2, at + 2], path);
  }
  rmSync(made);
  assert.equal(await bundleIf(), 5);
});
