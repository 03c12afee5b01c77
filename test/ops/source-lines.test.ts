import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { before, test } from 'node:test';
import { bundleForLambda } from '../../layers/bundle.ts';
import { makeFolder } from '../local/folder.ts';

const ROOT = join(import.meta.dirname, '../..');
const folder = makeFolder();

before(async () => {
  for (const [path, contents] of await bundleForLambda()) {
    mkdirSync(dirname(join(folder, 'build', path)), { recursive: true });
    writeFileSync(join(folder, 'build', path), contents);
  }
});

function sourceLines(trace: string, maps = join(folder, 'build/functions')) {
  const parameters = [join(ROOT, 'ops/source-lines.mjs'), maps];
  return spawnSync(process.execPath, parameters, { input: trace, encoding: 'utf8' });
}

/** Line and column of a text in a file, as a stack trace counts them. */
function placeOf(file: string, text: string): string {
  const before = readFileSync(join(ROOT, file), 'utf8').split(text)[0] ?? '';
  const lines = before.split('\n');
  return `${file}:${lines.length}:${(lines.at(-1)?.length ?? 0) + 1}`;
}

test('a stack trace of the packaged code names the TypeScript lines', () => {
  const { stderr } = spawnSync(process.execPath, [join(folder, 'build/functions/erase.js')], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH },
  });
  assert.match(stderr, /erase\.js:\d+:\d{3,}/, 'the bundle has long lines');
  const { stdout, status } = sourceLines(stderr.replaceAll(folder, '/var/task'));
  assert.equal(status, 0);
  assert.ok(
    stdout.includes(`(${placeOf('functions/adapters/config.ts', 'new InvalidRequest(`environment')})`),
    stdout,
  );
  assert.ok(stdout.includes(placeOf('functions/erase.ts', "setting('PHOTO_BUCKET')")), stdout);
});

test('a line of a JSON log keeps all else as it was', () => {
  const line = JSON.stringify({
    stack: 'Error: no\n    at x (/var/task/build/functions/erase.js:1:1)',
    ü: 1,
  });
  const { stdout } = sourceLines(`${line}\nand /var/task/elsewhere.js:1:1\n`);
  assert.match(
    stdout,
    /^\{"stack":"Error: no\\n {4}at x \([^"]+\)","ü":1\}\nand \/var\/task\/elsewhere\.js:1:1\n$/,
  );
});

test('where a map is missing it says which, and what makes it', () => {
  const { stderr, status } = sourceLines('at /var/task/build/functions/erase.js:1:1', join(folder, 'none'));
  assert.equal(status, 1);
  assert.match(
    stderr,
    /^source map .*none\/erase\.js\.map cannot be read \(npm run package makes it\): ENOENT/,
  );
});
