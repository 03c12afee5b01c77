import type { FeatureStore, SnapshotStore } from '../ports.ts';

/** About how many items the features table has, without reading it: by its own count, some hours old, and the last snapshot. */
export async function estimateItems({
  features,
  snapshots,
}: {
  features: Pick<FeatureStore, 'count'>;
  snapshots: Pick<SnapshotStore, 'latest'>;
}): Promise<number> {
  const [items, latest] = await Promise.all([features.count(), snapshots.latest()]);
  return Math.max(items, latest?.rows ?? 0);
}
