/** What fit finds wrong with the ranges that it joins: a slip before it, which a snapshot must not hide. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainMatrixProducts } from '../../functions/core/pca/matrix.ts';
import { addRows, emptyMoments } from '../../functions/core/pca/moments.ts';
import { fit } from '../../functions/core/reduce/fit.ts';
import { type PhasePorts, taskName } from '../../functions/core/reduce/phase.ts';
import { encodeArrays } from '../../functions/core/spool/arrays.ts';

/** Fits two ranges of two rows each. @param ranges paths of the first row and of the last, of each */
async function fitRanges(ranges: [first: string, last: string][]): Promise<unknown> {
  const files = new Map<string, Buffer>();
  const commit = (name: string, value: unknown) =>
    files.set(`${name}.json`, Buffer.from(JSON.stringify(value)));
  commit('plan', { options: { pca: { components: 1, standardize: false, projection: 'centered' } } });
  commit('split', { model: 'any', dimension: 2, ranges: ranges.length });
  for (const [range, [first, last]] of ranges.entries()) {
    const { mean, meanRest, scatter, ...head } = await momentsOf(range);
    files.set(`moments-${range}`, Buffer.concat([...encodeArrays(head, { mean, meanRest, scatter })]));
    commit(taskName('assemble', range), { first, last, moments: `moments-${range}`, labels: [] });
  }
  const silent = () => {};
  const ports = {
    work: { read: async (name: string) => files.get(name), write: async () => {}, commit: async () => true },
    id: () => 'attempt',
    clock: { now: () => 0 },
    log: { info: silent, warn: silent },
    products: plainMatrixProducts,
  };
  return await fit(ports as unknown as PhasePorts);
}

async function momentsOf(range: number) {
  const moments = emptyMoments('any', 2);
  await addRows(moments, Float32Array.of(range, 1, 5, 2), 2, plainMatrixProducts);
  return moments;
}

test('a photo that ends one range and begins the next was read twice', async () => {
  const read = fitRanges([
    ['a/1', 'b/1'],
    ['b/1', 'c/1'],
  ]);
  await assert.rejects(read, { code: 'CONTRACT_BROKEN', message: /^the photo b\/1 was read twice/ });
});

test('ranges that overlap are told by both their ends, in the order of UTF-8 bytes and not of UTF-16', async () => {
  const read = fitRanges([
    ['a', '\u{1F34E}'],
    ['\uFFFD', 'z'],
  ]);
  await assert.rejects(read, {
    message: 'the range that begins with \uFFFD follows one that ends with \u{1F34E}',
  });
});
