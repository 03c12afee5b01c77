import type { FeatureStore } from '../functions/core/ports.ts';

/** A features table that can only be read. */
export function readOnlyTable(rows: number, scan: FeatureStore['scan']): FeatureStore {
  const unused = () => {
    throw new Error('the benchmark only reads');
  };
  return { put: unused, putIfUnchanged: unused, look: unused, count: async () => rows, scan };
}
