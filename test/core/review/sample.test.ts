import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EvenSample } from '../../../functions/core/review/even-sample.ts';
import { RowSampler, readSamples } from '../../../functions/core/review/sample.ts';
import type { SnapshotRows } from '../../../functions/core/snapshot/rows.ts';
import type { WorkStore } from '../../../functions/core/spool/work-store.ts';

const K = 12;
const ROWS = 20_000;

test('rows sampled in two ranges, in files of 4,096, are read as one, with their own features and first columns', async () => {
  const stored = new Map<string, Buffer>();
  const write = async (name: string, pieces: Iterable<Uint8Array>) => {
    stored.set(name, Buffer.concat([...pieces]));
  };
  const labels = new Map([
    ['even', ROWS / 2],
    ['odd', ROWS / 2],
  ]);
  const files = [];
  for (const [start, end] of [
    [0, 15_000],
    [15_000, ROWS],
  ] as const) {
    const before = new Map([...labels.keys()].map((label) => [label, start / 2]));
    const sample = new EvenSample(labels, ROWS / 2, before);
    const sampler = new RowSampler(sample, { write } as WorkStore, `from-${start}`);
    for (let at = start; at < end; at += 1000) await sampler.add(batchOf(at, 1000));
    files.push(...(await sampler.end()));
  }
  assert.deepEqual(
    files.map(({ name, rows }) => [name, rows]),
    [
      ['from-0-00000', 4096],
      ['from-0-00001', 3404],
      ['from-15000-00000', 2500],
    ],
  );

  const { rows, features, components } = await readSamples(files, async (name) => stored.get(name)!);
  // Every second photo of either label: 2 and 3, 6 and 7 …
  const expected = Array.from({ length: ROWS / 2 }, (_, at) => 2 + 4 * Math.floor(at / 2) + (at % 2));
  assert.deepEqual(
    rows.map(({ bytes }) => bytes),
    expected,
  );
  assert.deepEqual(features, new Float32Array(expected.flatMap((at) => [at, at + 0.25, at + 0.5])));
  assert.deepEqual([components.length, components[0], components.at(-1)], [ROWS * 5, 200, 1_999_909]);
});

test('rows that fill their files exactly leave no file without rows', async () => {
  const written: string[] = [];
  const work = { write: async (name: string) => void written.push(name) } as unknown as WorkStore;
  const all = new Map([
    ['even', 50],
    ['odd', 50],
  ]);
  const sampler = new RowSampler(new EvenSample(all, 100), work, 'all');
  await sampler.add(batchOf(0, 100));
  assert.deepEqual(await sampler.end(), [{ name: 'all-00000', rows: 100 }]);
  assert.deepEqual(written, ['all-00000']);
});

/** Rows that tell by their numbers which they are. */
function batchOf(start: number, count: number): SnapshotRows {
  const at = Array.from({ length: count }, (_, row) => start + row);
  return {
    model: 'any',
    rows: at.map((row) => ({
      key: String(row).padStart(5, '0'),
      label: row % 2 === 0 ? 'even' : 'odd',
      etag: '',
      width: 1,
      height: 1,
      bytes: row,
      featurizedAt: 0,
    })),
    features: new Float32Array(at.flatMap((row) => [row, row + 0.25, row + 0.5])),
    pcaFeatures: new Float32Array(at.flatMap((row) => Array.from({ length: K }, (_, c) => row * 100 + c))),
  };
}
