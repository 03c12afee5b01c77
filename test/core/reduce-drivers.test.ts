import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createMatrixProducts } from '../../functions/adapters/onnx-matrix.ts';
import type { ReducePorts } from '../../functions/core/reduce/phase.ts';
import type { ReduceResult } from '../../functions/core/reduce/publish.ts';
import { renderReport } from '../../functions/report/page/report.ts';
import { reportDataOf } from '../../functions/report/page/report-data-of.ts';
import { type MemorySnapshots, MemoryWork } from '../memory.ts';
import { normals } from './numbers.ts';
import { erased, featurized, portsFor, reduceAsAsked, refused, shuffled, tableOf } from './reduce-fixture.ts';
import { reduceInPhases } from './reduce-phases.ts';

const folder = mkdtempSync(join(tmpdir(), 'verger-test-'));
after(() => rmSync(folder, { recursive: true }));

const D = 6;
/** Nine parts in five ranges, the last of them small. */
const tree = { partRows: 256, rangeParts: 2 };
const ROWS = 8 * 256 + 40;
const request = { components: 4, csv: true };

/** Magnitudes from 1e-6 to 1e9 in one column: in whatever order they are summed, other digits are lost. */
const photos = Array.from({ length: ROWS }, (_, index) => {
  const next = normals(index);
  const features = Float32Array.from(
    { length: D },
    () => next() * 10 ** (Math.abs(3 * next()) - 3 + (index % 7)),
  );
  return featurized(index, D, { features });
});
const items = [...photos, refused('broken.jpg', 'corrupt'), refused('void.jpg', 'empty'), erased('gone.jpg')];

function ports(seed: number, changes: Omit<Partial<ReducePorts>, 'snapshots' | 'log'> = {}) {
  return portsFor(folder, {
    features: tableOf(shuffled(items, seed)),
    products: createMatrixProducts(2),
    tree,
    report: (...run) => renderReport(reportDataOf(...run), ''),
    ...changes,
  });
}

/** SHA-256 of every file, by its name. */
function digests({ files }: MemorySnapshots): Record<string, string> {
  return Object.fromEntries(
    [...files].map(([name, bytes]) => [name, createHash('sha256').update(bytes).digest('hex')]),
  );
}

const one = ports(1);
const first = await reduceAsAsked(one, request);
const expected = digests(one.snapshots);

test('in one function, the rows lie in as many parts as the tree has, all of them full but the last', () => {
  assert.equal(first.rows, ROWS);
  assert.deepEqual(
    Object.keys(expected).filter((name) => name.includes('part-')),
    Array.from({ length: 9 }, (_, part) => `${first.parts}part-0000${part}.parquet`),
  );
});

for (const gathers of [1, 3, 17]) {
  test(`in ${gathers} tasks that read the table, each phase a process of its own: every file is the same, to the byte`, async () => {
    const many = ports(gathers);
    const work = new MemoryWork();
    const result: ReduceResult = await reduceInPhases(many, work, { ...request, segments: gathers });
    assert.deepEqual(result, first);
    assert.deepEqual(
      digests(many.snapshots),
      expected,
      'report, manifest and CSV too, as the clock stands still',
    );
    assert.deepEqual(many.snapshots.current, one.snapshots.current);
    assert.deepEqual(readdirSync(folder), [], 'nothing is left on local disk');
  });
}

test('of one collection both ways give the same bytes too, all in its folder', async () => {
  const asked = { ...request, prefix: 'shop/Kind 3/' };
  const alone = ports(1);
  const result = await reduceAsAsked(alone, asked);
  const collection = 'collections/shop-2FKind-203-2F/';
  assert.equal(result.rows, photos.filter(({ key }) => key.startsWith('shop/Kind 3/')).length);
  assert.ok([...alone.snapshots.files.keys()].every((key) => key.startsWith(collection)));
  const many = ports(2);
  assert.deepEqual(await reduceInPhases(many, new MemoryWork(), { ...asked, segments: 3 }), result);
  assert.deepEqual(digests(many.snapshots), digests(alone.snapshots));
  assert.deepEqual(many.snapshots.published, alone.snapshots.published);
  assert.deepEqual([...many.snapshots.published.keys()], [collection]);
});

test('another tree, or another order of the rows, gives other digits: the test above can fail', async () => {
  const pca = `${first.manifest.replace('manifest.json', 'pca.json')}`;
  const other = ports(1, { tree: { partRows: 512, rangeParts: 1 } });
  await reduceAsAsked(other, request);
  assert.notEqual(digests(other.snapshots)[pca], expected[pca]);
  const renamed = photos.map((photo, index) => ({ ...photo, key: `${ROWS - index}` }));
  const reversed = ports(1, { features: tableOf(renamed) });
  await reduceAsAsked(reversed, request);
  assert.notEqual(digests(reversed.snapshots)[pca], expected[pca]);
});

test('tasks that find photos of two models, or of two lengths, or no two photos, say what one function says', async () => {
  const other = { model: 'other@ba9876543210' };
  const cases = [
    [[...photos, featurized(9000, 7, other)], 'MODEL_MISMATCH', /2 models.*other@ba9876543210 \(1 photos\)/],
    [[photos[0]!, ...items.slice(ROWS)], 'TOO_FEW_ROWS', /the table has 1 \(2 refused, 1 erased\)/],
    [
      [...photos.slice(0, 40), featurized(9000, 7)],
      'CONTRACT_BROKEN',
      /has [67] features where .* (have|has) [67], /,
    ],
  ] as const;
  for (const [table, code, message] of cases) {
    for (const gathers of [1, 17]) {
      const many = ports(1, { features: tableOf([...table]) });
      await assert.rejects(reduceInPhases(many, new MemoryWork(), { segments: gathers }), {
        code,
        message,
      });
      assert.equal(many.snapshots.files.size, 0);
    }
  }
});

test('a run whose work files have been removed says so, and publishes nothing', async () => {
  for (const lost of [/^assemble\/.*json/, /^assemble\/00001-/, /^fit-/, /^project\/.*json/, /^split\//]) {
    const many = ports(1);
    const work = new MemoryWork();
    const read = work.read.bind(work);
    work.read = async (name, ...range) =>
      lost.test(name) && work.files.has(name) ? undefined : read(name, ...range);
    const run = reduceInPhases(many, work, { ...request, segments: 2 });
    await assert.rejects(run, { code: 'WORK_FILE_MISSING' }, lost.source);
    assert.equal(many.snapshots.current, undefined);
  }
});
