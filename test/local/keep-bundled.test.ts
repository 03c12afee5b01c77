import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { type KeptBundles, keepBundled } from '../../local/develop/keep-bundled.ts';
import { makeFolder } from './folder.ts';

/** Sources of one file, and what was made of it; a source that says `wrong` does not compile. */
async function keep(before: string) {
  const sources = makeFolder();
  const source = join(sources, 'core', 'a.ts');
  mkdirSync(join(sources, 'core'));
  writeFileSync(source, before);
  const seen = { bundles: [] as string[], again: 0, failures: [] as string[] };
  const kept = await keepBundled({
    sources,
    async bundle() {
      const text = readFileSync(source, 'utf8');
      await setTimeout(20);
      if (text === 'wrong') throw new Error('core/a.ts:1:1: wrong');
      seen.bundles.push(text);
    },
    onBundled: () => seen.again++,
    onFailed: ({ message }) => seen.failures.push(message),
  });
  return { sources, source, seen, kept };
}

test('the next invocation after a change finds the bundles made again, once for any number of invocations', async (t) => {
  const { source, seen, kept } = await keep('one');
  t.after(kept.close);
  await kept.upToDate();
  assert.deepEqual(seen.bundles, ['one'], 'nothing has changed');
  writeFileSync(source, 'twice');
  await Promise.all([kept.upToDate(), kept.upToDate(), kept.upToDate()]);
  assert.deepEqual(seen.bundles, ['one', 'twice']);
  assert.equal(seen.again, 1);
});

test('a change while they are being made is waited for too', async (t) => {
  const { source, seen, kept } = await keep('one');
  t.after(kept.close);
  writeFileSync(source, 'twice');
  const first = kept.upToDate();
  writeFileSync(source, 'three times');
  await Promise.all([first, kept.upToDate()]);
  assert.equal(seen.bundles.at(-1), 'three times');
});

test('a source that comes or goes is a change', async (t) => {
  const { sources, seen, kept } = await keep('one');
  t.after(kept.close);
  writeFileSync(join(sources, 'b.ts'), '');
  await kept.upToDate();
  rmSync(join(sources, 'b.ts'));
  await kept.upToDate();
  assert.equal(seen.again, 2);
});

test('sources that do not compile are told of once, hold up nothing, and are made when they do', async (t) => {
  const { source, seen, kept } = await keep('one');
  t.after(kept.close);
  writeFileSync(source, 'wrong');
  await kept.upToDate();
  await kept.upToDate();
  assert.deepEqual(seen, { bundles: ['one'], again: 0, failures: ['core/a.ts:1:1: wrong'] });
  writeFileSync(source, 'right');
  await kept.upToDate();
  assert.deepEqual(seen.bundles, ['one', 'right']);
});

test('without an invocation they are made again within a second or so', async (t) => {
  const { source, seen, kept } = await keep('one');
  t.after(kept.close);
  writeFileSync(source, 'twice');
  for (const end = performance.now() + 10_000; seen.again === 0; await setTimeout(20)) {
    assert.ok(performance.now() < end);
  }
  assert.deepEqual(seen.bundles, ['one', 'twice']);
});

test('sources that do not compile at the beginning are an error', async () => {
  const beginning: Promise<{ kept: KeptBundles }> = keep('wrong');
  await assert.rejects(beginning, /^Error: core\/a\.ts:1:1: wrong$/);
});
