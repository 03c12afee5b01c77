import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { openJournal } from '../../local/stack/journal.ts';
import { makeFolder } from './folder.ts';

const source = pathToFileURL(join(import.meta.dirname, '../../local/stack/journal.ts')).href;

/** Says which of the lines it could not write. The shell's limit of a kilobyte ends a file as a full disk does. */
const APPENDING = `
  import { openJournal } from '${source}';
  const journal = openJournal(process.argv[1], (lines) => lines);
  for (const line of [300, 300, 300, 301, 50].map((length) => 'x'.repeat(length))) {
    try {
      journal.append(line);
    } catch (error) {
      console.log(line.length, error.code);
    }
  }`;

test('a line that there was no room for is an error, and the lines after it are kept whole', () => {
  const path = join(makeFolder(), 'lines.jsonl');
  const node = [process.execPath, '--import', 'tsx', '--input-type=module', '-e', APPENDING, path];
  const limited = ['-c', 'ulimit -f 1; exec "$@"', 'limited', ...node];
  const { stdout, stderr } = spawnSync('bash', limited, { encoding: 'utf8', cwd: import.meta.dirname });
  assert.equal(stdout, '301 EFBIG\n', stderr);
  const kept: number[] = [];
  openJournal<string>(path, (lines) => {
    kept.push(...lines.map((line) => line.length));
    return lines;
  }).close();
  assert.deepEqual(kept, [300, 300, 300, 50]);
});
