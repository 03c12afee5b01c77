import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { LatestSnapshot } from '../../functions/core/ports.ts';
import type { ReduceResult } from '../../functions/core/reduce/publish.ts';
import { readState } from '../../functions/core/snapshot/delta/read-state.ts';
import { createFolderTable } from '../folder-table.ts';
import type { Memory, ReduceProcess } from './reduce-process.ts';

const root = mkdtempSync(join(tmpdir(), 'verger-test-'));
after(() => rmSync(root, { recursive: true }));

const SMALL = { root, rows: 5000, dimension: 8, components: 3, time: 1000 };

/** Runs a reduce in a process of its own, to its end. */
function run(options: ReduceProcess, ...nodeOptions: string[]) {
  const script = join(import.meta.dirname, 'reduce-process.ts');
  const { signal, stdout, stderr } = spawnSync(
    process.execPath,
    [...nodeOptions, '--import', 'tsx', script, JSON.stringify(options)],
    { encoding: 'utf8' },
  );
  const answer = stdout === '' ? undefined : (JSON.parse(stdout) as { result: ReduceResult; memory: Memory });
  return { signal, stderr, ...answer };
}

/** Reads the current snapshot as a careful reader does: every file that its manifest lists, whole. */
function readCurrent(): { latest: LatestSnapshot; parts: string[] } {
  const folder = join(root, 'snapshots');
  const latest = JSON.parse(readFileSync(join(folder, 'latest.json'), 'utf8'));
  const manifest = JSON.parse(readFileSync(join(folder, latest.manifest), 'utf8'));
  assert.ok(existsSync(join(folder, latest.files, '_SUCCESS')));
  assert.equal(manifest.rows, SMALL.rows);
  for (const kind of ['parts', 'files'] as const) {
    for (const { name, sha256 } of manifest[kind]) {
      const content = readFileSync(join(folder, latest[kind], name));
      assert.equal(createHash('sha256').update(content).digest('hex'), sha256, name);
    }
  }
  return { latest, parts: manifest.parts.map(({ sha256 }: { sha256: string }) => sha256) };
}

test('killed at any moment, reduce leaves the previous snapshot current and whole, and the next one succeeds', async () => {
  const { stderr, result } = run(SMALL);
  assert.equal(result?.rows, SMALL.rows, stderr);
  const before = readCurrent();

  const moments = [
    'page 1',
    'page 50',
    'scatter 2',
    'before part-00000.parquet',
    'within part-00000.parquet',
    'after pca.json',
    'within manifest.json',
    'after manifest.json',
    'after _SUCCESS',
    'after 00000000000000000001.json',
    'publish',
  ];
  for (const [index, killAt] of moments.entries()) {
    const killed = run({ ...SMALL, time: 2000 + index, killAt });
    assert.equal(killed.signal, 'SIGKILL', `${killAt}: ${killed.stderr}`);
    assert.deepEqual(readCurrent(), before, killAt);
  }

  const left = readdirSync(join(root, 'tmp'));
  assert.equal(
    left.length,
    1,
    'the last one killed left its folder; it had removed that of the one before it',
  );
  mkdirSync(join(root, 'tmp', 'somebody-elses'));
  const next = run({ ...SMALL, time: 3000 });
  assert.equal(next.result?.current, true, next.stderr);
  const now = readCurrent();
  assert.equal(now.latest.snapshot, next.result?.snapshot);
  assert.deepEqual(now.parts, before.parts, 'the same rows give the same bytes in another process too');
  assert.deepEqual(readdirSync(join(root, 'tmp')), ['somebody-elses']);

  assert.equal(run({ ...SMALL, time: 4000, killAt: 'published' }).signal, 'SIGKILL');
  assert.equal(readCurrent().latest.snapshot, '19700101T000004.000Z-a1');
  const { live } = await readState(createFolderTable(join(root, 'snapshots')));
  assert.deepEqual([...live.keys()], ['snapshot=19700101T000004.000Z-a1/part-00000.parquet']);
});

test('memory does not grow with the number of photos, neither what is in use nor what the process takes', () => {
  const wide = { ...SMALL, dimension: 512, components: 16, root: join(root, 'memory') };
  // From one whole part on: until then the writer's own memory grows.
  const sizes = [35_000, 70_000, 140_000];
  const taken = sizes.map((rows) => {
    const { memory, stderr } = run({ ...wide, rows }, '--expose-gc');
    assert.ok(memory, stderr);
    return memory;
  });
  const figures = sizes.map((rows, i) => {
    const { live, peak } = taken[i]!;
    return `${rows} rows: ${Math.round(live / 1e6)} MB in use, ${Math.round(peak / 1e6)} MB at most`;
  });

  // A row has 2,048 bytes of features. Of every 128 rows the merge holds one, and an entry a chunk tells where it lies: some 60
  // bytes a row (52 to 77 were seen).
  const inUse = slope(
    sizes,
    taken.map(({ live }) => live),
  );
  assert.ok(inUse < 200, `${Math.round(inUse)} bytes a row stay in use: ${figures.join('; ')}`);
  // The process's peak also holds what the collector has not yet freed, some 20 MB more or less from run to run: what
  // it must not hold is the rows themselves.
  const atMost = slope(
    sizes,
    taken.map(({ peak }) => peak),
  );
  assert.ok(atMost < 1200, `the process takes ${Math.round(atMost)} bytes a row: ${figures.join('; ')}`);
});

/** Slope of the least-squares line. */
function slope(x: number[], y: number[]): number {
  const mean = (values: number[]) => values.reduce((a, b) => a + b) / values.length;
  const [mx, my] = [mean(x), mean(y)];
  const covariance = x.reduce((total, value, i) => total + (value - mx) * (y[i]! - my), 0);
  return covariance / x.reduce((total, value) => total + (value - mx) ** 2, 0);
}
