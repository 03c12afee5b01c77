/** Imports go one way: event → handler → core; adapters hang on core's ports. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { functionNames } from '../layers/functions.ts';

const ROOT = join(import.meta.dirname, '..');
const HANDLERS = functionNames()
  .map((name) => `functions/${name}.ts`)
  .sort();

test('core knows no adapter, no SDK, no runtime, no environment, no clock and no console', () => {
  for (const file of sourcesBelow('functions/core')) {
    for (const target of importsOf(file)) {
      assert.doesNotMatch(target, /^(@aws-sdk|@aws-lambda|@smithy|onnxruntime)/, `${file} imports ${target}`);
      if (target.startsWith('functions/')) {
        assert.match(target, /^functions\/core\//, `${file} imports ${target}`);
      }
    }
    const code = codeOf(file);
    for (const forbidden of [
      /\bprocess\.(env|stdout|stderr|hrtime)/,
      /\bDate\.now\(|new Date\(\)|performance\.now/,
      /\bconsole\./,
      /\bMath\.random\(|\brandomUUID\(/,
    ]) {
      assert.doesNotMatch(code, forbidden, `${file} uses ${forbidden}`);
    }
  }
});

test('only adapters and handlers import the SDK, only adapters import the runtime', () => {
  for (const file of sourcesBelow('functions')) {
    const isAdapter = file.startsWith('functions/adapters/');
    for (const target of importsOf(file)) {
      if (target.startsWith('onnxruntime')) assert.ok(isAdapter, `${file} imports ${target}`);
      if (target.startsWith('@aws-sdk')) {
        assert.ok(isAdapter || HANDLERS.includes(file), `${file} imports ${target}`);
      }
    }
  }
});

test('every function of the stack has its handler, and there are no others, and no handler is imported by anything', () => {
  const top = sourcesBelow('functions').filter((file) => dirname(file) === 'functions');
  assert.deepEqual(top, HANDLERS);
  for (const file of sourcesBelow('functions')) {
    for (const target of importsOf(file)) assert.ok(!HANDLERS.includes(target), `${file} imports ${target}`);
  }
});

test('the product imports nothing from its tests, benches or local stack', () => {
  for (const file of sourcesBelow('functions')) {
    for (const target of importsOf(file)) assert.doesNotMatch(target, /^(test|bench|local|layers|model)\//);
  }
});

test('an import across the line is seen by this test', () => {
  assert.deepEqual(importsIn("import { a } from '../adapters/s3.ts';", 'functions/core/x.ts'), [
    'functions/adapters/s3.ts',
  ]);
  assert.deepEqual(importsIn("const a = await import('@aws-sdk/client-s3');", 'functions/core/x.ts'), [
    '@aws-sdk/client-s3',
  ]);
});

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
