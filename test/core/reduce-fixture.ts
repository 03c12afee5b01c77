/** A features table for the tests of reduce: seeded, of low rank plus noise, with labels, refusals and tombstones. */
import { createHash } from 'node:crypto';
import { parseReduceEvent } from '../../functions/adapters/requests/reduce.ts';
import { plainMatrixProducts } from '../../functions/core/pca/matrix.ts';
import type { ErasedItem, FeaturizedItem, RefusedItem, TableStore } from '../../functions/core/ports.ts';
import type { ReducePorts } from '../../functions/core/reduce/phase.ts';
import type { ReduceResult } from '../../functions/core/reduce/publish.ts';
import { reduceFeatures } from '../../functions/core/reduce/reduce.ts';
import { MemoryFeatures, MemoryLog, MemorySnapshots, MemoryTable, StillClock } from '../memory.ts';
import { normals } from './numbers.ts';

export const MODEL = 'test_model@0123456789ab';

/** Photo `index` of a made-up shop: every seventh has no label. */
export function featurized(index: number, dimension: number, changes: Partial<FeaturizedItem> = {}) {
  const label = `Kind ${index % 5}`;
  const key = index % 7 === 0 ? `loose-${index}.jpg` : `shop/${label}/${index}.jpg`;
  const item: FeaturizedItem = {
    kind: 'featurized',
    key,
    sequencer: '01',
    etag: createHash('md5').update(key).digest('hex'),
    ...(index % 7 !== 0 && { label }),
    model: MODEL,
    features: featuresOf(index, dimension),
    width: 100,
    height: 100,
    bytes: 3000,
    featurizedAt: new Date(1_750_000_000_000 + index * 1001).toISOString(),
    ...changes,
  };
  return item;
}

export function refused(key: string, reason: RefusedItem['refused']): RefusedItem {
  const detail = 'made up';
  const featurizedAt = '2026-01-01T00:00:00.000Z';
  return {
    kind: 'refused',
    key,
    sequencer: '01',
    etag: 'e',
    model: MODEL,
    refused: reason,
    detail,
    featurizedAt,
  };
}

export function erased(key: string): ErasedItem {
  return { kind: 'erased', key, sequencer: '01', expiresAt: 2_000_000_000 };
}

/** Non-negative and partly zero, as after ReLU6 and average pooling; five kinds, each about its own centre. */
function featuresOf(index: number, dimension: number): Float32Array {
  const own = normals(index + 1);
  const kind = normals(1_000_000 + (index % 5));
  return Float32Array.from({ length: dimension }, () => Math.max(0, 1 + kind() + own()));
}

export function shuffled<T>(values: T[], seed: number): T[] {
  const random = normals(seed);
  return values
    .map((value) => ({ value, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value);
}

/** A table with these items, in this order. */
export function tableOf(items: (FeaturizedItem | RefusedItem | ErasedItem)[]): MemoryFeatures {
  const features = new MemoryFeatures();
  for (const item of items) features.items.set(item.key, item);
  return features;
}

interface Changes extends Partial<ReducePorts> {
  snapshots?: MemorySnapshots;
  log?: MemoryLog;
  table?: TableStore;
}

/** Ports in memory, but for the folder on disk. */
export function portsFor(
  temporaryDirectory: string,
  {
    snapshots = new MemorySnapshots(),
    log = new MemoryLog(),
    table = new MemoryTable(),
    ...changes
  }: Changes = {},
) {
  return {
    features: new MemoryFeatures(),
    snapshots,
    table,
    products: plainMatrixProducts,
    clock: new StillClock(),
    log,
    id: () => 'a1',
    temporaryDirectory,
    software: 'verger 0.0.0',
    snapshotDays: 90,
    ...changes,
  };
}

/** Reduces as somebody asks for it. */
export async function reduceAsAsked(ports: ReducePorts, request: unknown): Promise<ReduceResult> {
  return reduceFeatures(ports, parseReduceEvent(request).options);
}
