import type { FeatureStore, FeaturizedItem } from '../../functions/core/ports.ts';
import { normals } from '../../test/core/numbers.ts';
import { readOnlyTable } from '../read-only-table.ts';

/** Rows a page: 1 MB of items at 1280 features, as DynamoDB gives them. */
const PAGE_ROWS = 190;
/** Different rows; all others are these, each changed in one feature. */
const PATTERNS = 512;

/** A features table of rows that are made while they are read, no two alike, in no order of their paths. */
export function syntheticTable(rows: number, dimension: number): FeatureStore {
  const normal = normals(1);
  const patterns = Array.from({ length: PATTERNS }, () =>
    Float32Array.from({ length: dimension }, () => Math.max(0, 1 + normal())),
  );
  return readOnlyTable(rows, async function* (segment, segments) {
    const from = Math.floor((rows * segment) / segments);
    const to = Math.floor((rows * (segment + 1)) / segments);
    for (let start = from; start < to; start += PAGE_ROWS) {
      yield Array.from({ length: Math.min(PAGE_ROWS, to - start) }, (_, at) => itemOf(start + at));
    }
  });

  function itemOf(index: number): FeaturizedItem {
    const features = patterns[index % PATTERNS]!.slice();
    features[index % dimension]! += 1 + (index % 1009) / 1009;
    // Paths as a hash of the index spreads them: 32 bits, each index another.
    const hash = (Math.imul(index, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0');
    return {
      kind: 'featurized',
      key: `shop/Kind ${index % 100}/${hash}.jpg`,
      label: `Kind ${index % 100}`,
      etag: `${hash}${hash}${hash}${hash}`,
      model: 'synthetic@000000000000',
      features,
      width: 100,
      height: 100,
      bytes: 3000,
      featurizedAt: '2026-01-01T00:00:00.000Z',
    };
  }
}
