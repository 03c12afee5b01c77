import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkSizes, formatSizes, type PackageSize } from '../../layers/sizes.ts';

const MB = 1_000_000;
const fine: PackageSize[] = [
  { name: 'arm64/native.zip', kind: 'layer', files: 2, zipped: 20 * MB, unzipped: 50 * MB },
  { name: 'model.zip', kind: 'layer', files: 1, zipped: 8 * MB, unzipped: 9 * MB },
  { name: 'functions/featurize.zip', kind: 'function', files: 2, zipped: 0.3 * MB, unzipped: 1 * MB },
  { name: 'functions/reduce.zip', kind: 'function', files: 2, zipped: 0.6 * MB, unzipped: 2.5 * MB },
];
const change = (index: number, part: Partial<PackageSize>) =>
  fine.map((size, at) => (at === index ? { ...size, ...part } : size));

test('packages within the limits pass', () => checkSizes(fine));

const tooLarge: [string, PackageSize[], RegExp][] = [
  ['a layer', change(1, { zipped: 50 * MB }), /layer model\.zip, zipped, has 50\.00 MB; .* below 50\.00 MB/],
  ['a function', change(2, { unzipped: 2 * MB }), /functions\/featurize\.zip has 2\.00 MB/],
  ['reduce', change(3, { unzipped: 3 * MB }), /functions\/reduce\.zip has 3\.00 MB/],
  // 239 + 9 + 2.5: the model's layer counts for every architecture
  ['a function with its layers', change(0, { unzipped: 239 * MB }), /for arm64, unzipped, has 250\.50 MB/],
];
for (const [what, sizes, message] of tooLarge) {
  test(`${what} over its limit is refused`, () => {
    assert.throws(() => checkSizes(sizes), { code: 'CONTRACT_BROKEN', message });
  });
}

test('the table has a line for each package', () => {
  const lines = formatSizes(fine).split('\n');
  assert.equal(lines.length, 5);
  assert.equal(lines[1], 'arm64/native.zip             2  20.00 MB  50.00 MB');
});
