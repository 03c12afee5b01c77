/** Which way imports go is the linter's to hold (biome.json): here that it does, and what no linter can say. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { after, test } from 'node:test';
import { functionNames } from '../layers/functions.ts';

const ROOT = join(import.meta.dirname, '..');

test('every function of the stack has its handler, there are no others, and nothing imports one', () => {
  const handlers = functionNames().map((name) => `functions/${name}.ts`);
  const sources = sourcesBelow('functions');
  assert.deepEqual(
    sources.filter((file) => dirname(file) === 'functions'),
    handlers.sort(),
  );
  for (const file of sources) {
    for (const target of importsOf(file)) assert.ok(!handlers.includes(target), `${file} imports ${target}`);
  }
});

test('core has neither clock nor chance', () => {
  for (const file of sourcesBelow('functions/core')) {
    assert.doesNotMatch(
      codeOf(file),
      /\bDate\.now\(|new Date\(\)|performance\.now|\bMath\.random\(|\brandomUUID\(/,
      file,
    );
  }
});

const RULES: [where: string, code: string, rule: string][] = [
  [
    'functions/core',
    "import { S3Client } from '@aws-sdk/client-s3'; export default S3Client;",
    'noRestrictedImports',
  ],
  [
    'functions/core',
    "import type { Logger } from '@aws-lambda-powertools/logger'; export type L = Logger;",
    'noRestrictedImports',
  ],
  [
    'functions/core',
    "import { Tensor } from 'onnxruntime-node'; export default Tensor;",
    'noRestrictedImports',
  ],
  [
    'functions/core/pca',
    "import { clock } from '../../adapters/clock.ts'; export default clock;",
    'noRestrictedImports',
  ],
  [
    'functions/core',
    "import type { ReportData } from '../report/shared/report-data.ts'; export type R = ReportData;",
    'noRestrictedImports',
  ],
  [
    'functions/core',
    "import { zipFiles } from '../../layers/zip.ts'; export default zipFiles;",
    'noRestrictedImports',
  ],
  ['functions/core', 'export default process.env.HOME;', 'noProcessEnv'],
  ['functions/core', "console.log('said');", 'noConsole'],
  [
    'functions/report/page',
    "import { clock } from '../../adapters/clock.ts'; export default clock;",
    'noRestrictedImports',
  ],
  [
    'functions/adapters',
    "import { readMoments } from '../../test/memory.ts'; export default readMoments;",
    'noRestrictedImports',
  ],
  ['functions', "import { Tensor } from 'onnxruntime-node'; export default Tensor;", 'noRestrictedImports'],
  ['functions/core', "import { b } from './planted-b.ts'; export const a = () => b;", 'noImportCycles'],
];

/** The project's configuration over files of our own, one folder a rule. */
const planted = join(ROOT, 'build', `rules-${process.pid}`);
after(() => rmSync(planted, { recursive: true }));

for (const [index, [where, code, rule]] of RULES.entries()) {
  test(`the linter's ${rule} holds in ${where}: ${code.slice(0, 60)}`, () => {
    const root = join(planted, String(index));
    const folder = join(root, where);
    mkdirSync(folder, { recursive: true });
    const { vcs: _, ...rules } = JSON.parse(readFileSync(join(ROOT, 'biome.json'), 'utf8'));
    writeFileSync(join(root, 'biome.json'), JSON.stringify({ ...rules, root: true }));
    writeFileSync(join(folder, 'planted-a.ts'), `${code}\n`);
    writeFileSync(
      join(folder, 'planted-b.ts'),
      "import { a } from './planted-a.ts';\nexport const b = () => a;\n",
    );
    const biome = join(ROOT, 'node_modules', '.bin', 'biome');
    const { status, stderr } = spawnSync(biome, ['lint', '--error-on-warnings', '.'], {
      cwd: root,
      encoding: 'utf8',
    });
    assert.equal(status, 1, stderr);
    assert.match(stderr, new RegExp(`planted-a\\.ts.* lint/\\w+/${rule} `), stderr);
  });
}

function sourcesBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name))
    .sort();
}

function importsOf(file: string): string[] {
  return importsIn(codeOf(file), file);
}

/** Import targets: packages by name, own files by path from the root. */
function importsIn(code: string, file: string): string[] {
  return [...code.matchAll(/(?:\bfrom\s+|\bimport\s+|\b(?:import|require)\s*\(\s*)['"]([^'"]+)['"]/g)].map(
    ([, target]) => {
      const name = target ?? '';
      return name.startsWith('.') ? relative(ROOT, join(ROOT, dirname(file), name)) : name;
    },
  );
}

function codeOf(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '');
}
