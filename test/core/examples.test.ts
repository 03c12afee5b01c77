/** The examples in the core's doc comments run, and give what they say. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';

const CORE = resolve(import.meta.dirname, '../../functions/core');
/** Where the functions that examples use come from, besides the file that an example stands in. */
const USED = {
  'node:fs/promises': ['readFile'],
  [join(CORE, 'pca/matrix.ts')]: ['plainMatrixProducts'],
  [join(CORE, 'pca/moments.ts')]: ['addRows', 'emptyMoments'],
  [join(CORE, 'pca/pca.ts')]: ['fitPca'],
  [join(CORE, 'pca/projection.ts')]: ['projectRows'],
  [join(CORE, 'photo/photo.ts')]: ['decodePhoto'],
};
const build = resolve(import.meta.dirname, '../../build');
mkdirSync(build, { recursive: true });
const folder = mkdtempSync(join(build, 'examples-'));
after(() => rmSync(folder, { recursive: true }));

const files = readdirSync(CORE, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
for (const file of files.sort()) {
  const source = readFileSync(join(CORE, file), 'utf8');
  for (const [, block = '', name = ''] of source.matchAll(
    / \* @example\n((?: \* .*\n)+) \*\/\nexport (?:async )?function (\w+)/g,
  )) {
    test(`the example of ${name} in ${file}`, async () => {
      const code = block.replaceAll(/^ \* /gm, '');
      const checked = code.replaceAll(/^(.+); \/\/ → (.+)$/gm, (_, value, said) => {
        return `assert.equal(inspect(${value}), ${JSON.stringify(said)});`;
      });
      assert.notEqual(checked, code, 'it says what comes out');
      const imports = Object.entries(USED).map(([from, names]) => {
        const path = from.startsWith('node:') ? from : pathToFileURL(from).href;
        return `import { ${names.join(', ')} } from '${path}';`;
      });
      const script = join(folder, `${name}.mts`); // build/ is CommonJS
      const own = ["import assert from 'node:assert/strict';", "import { inspect } from 'node:util';"];
      writeFileSync(script, [...own, ...imports, checked].join('\n'));
      await import(pathToFileURL(script).href);
    });
  }
}

test('the functions that others begin with have an example', () => {
  for (const [file, name] of [
    ['pca/pca.ts', 'fitPca'],
    ['pca/moments.ts', 'addRows'],
    ['pca/projection.ts', 'projectRows'],
    ['photo/photo.ts', 'decodePhoto'],
  ] as const) {
    const source = readFileSync(join(CORE, file), 'utf8');
    assert.match(
      source,
      new RegExp(` \\* @example\\n(?: \\* .*\\n)+ \\*/\\nexport async function ${name}\\(`),
    );
  }
});
