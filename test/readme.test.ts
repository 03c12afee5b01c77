/** README's tables tell of everything that the code has. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { REFUSAL_REASONS } from '../functions/core/errors.ts';
import { COLUMNS } from '../functions/core/snapshot/columns.ts';

const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8');

/** Names in the first column of the table that has this heading. */
function namesBelow(heading: string): string[] {
  const rows =
    readme
      .slice(readme.indexOf(`\n${heading}\n`))
      .split('\n\n')[0]
      ?.split('\n')
      .slice(3) ?? [];
  return rows.flatMap((row) =>
    [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name!),
  );
}

test('every reason for which a photo is refused is in the README, and no other', () => {
  assert.deepEqual(namesBelow('| refused | why |').sort(), Object.keys(REFUSAL_REASONS).sort());
});

test('every column of a snapshot is in the README, in its order, and none else', () => {
  assert.deepEqual(
    namesBelow('| column | Parquet type | meaning |'),
    COLUMNS.map(({ name }) => name),
  );
});
