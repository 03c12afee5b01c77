import { ContractBroken, ModelMismatch, TooFewRows } from '../errors.ts';
import type { FeatureStore, FeaturizedItem } from '../ports.ts';
import { Spool } from './spool.ts';
import { toRow } from './spooled-row.ts';

/** Disjoint parts of the table read at the same time; each holds one page of at most 1 MB in memory. */
const SEGMENTS = 8;

/** What became of the items of the table. */
export interface ItemCounts {
  /** Photos with features: the rows of the snapshot. */
  used: number;
  /** Photos that can never be used, by reason. */
  refused: Record<string, number>;
  /** Tombstones of photos that were deleted. */
  erased: number;
}

/** The features table, read once. */
export interface SpooledFeatures {
  spool: Spool;
  model: string;
  counts: ItemCounts;
}

/**
 * Reads the features table once, its segments side by side, and spools every row that has features.
 * Refused and erased photos are counted.
 *
 * @param folder on local disk, for the spool
 * @throws ModelMismatch when the rows are of more than one model
 * @throws ContractBroken when features differ in length or are not finite, naming the photo
 * @throws TooFewRows when fewer than 2 photos have features
 */
export async function spoolFeatures(store: FeatureStore, folder: string): Promise<SpooledFeatures> {
  const models = new Map<string, number>();
  const refused = new Map<string, number>();
  let erased = 0;
  let spool: Spool | undefined;
  let failed = false;

  async function readSegment(segment: number): Promise<void> {
    for await (const page of store.scan(segment, SEGMENTS)) {
      if (failed) return;
      for (const item of page) {
        if (item.kind === 'erased') erased += 1;
        else if (item.kind === 'refused') increment(refused, item.refused);
        else {
          increment(models, item.model);
          if (models.size > 1) continue; // read on, to count them
          spool ??= new Spool(folder, item.features.length);
          addRow(spool, item);
        }
      }
    }
  }

  try {
    const segments = Array.from({ length: SEGMENTS }, (_, segment) =>
      readSegment(segment).catch((error: unknown) => {
        failed = true;
        throw error;
      }),
    );
    const failure = (await Promise.allSettled(segments)).find(({ status }) => status === 'rejected');
    if (failure?.status === 'rejected') throw failure.reason;
    const model = onlyModel(models);
    const counts = { used: spool?.count ?? 0, refused: Object.fromEntries([...refused].sort()), erased };
    if (spool === undefined || spool.count < 2) throw tooFew(counts);
    return { spool, model, counts };
  } catch (error) {
    spool?.close();
    throw error;
  }
}

function addRow(spool: Spool, item: FeaturizedItem): void {
  const { key, features } = item;
  if (features.length !== spool.dimension) {
    throw new ContractBroken(
      `${key} has ${features.length} features where photos before it have ${spool.dimension}, all of ${item.model}; featurize it again`,
    );
  }
  if (!isAllFinite(features)) {
    throw new ContractBroken(`${key} has a feature that is not a finite number; featurize it again`);
  }
  spool.add(toRow(item), features);
}

/** A plain loop: `every` costs a tenth of the accumulation. */
function isAllFinite(values: Float32Array): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return false;
  return true;
}

function onlyModel(models: Map<string, number>): string {
  if (models.size > 1) {
    const list = [...models].sort().map(([model, count]) => `${model} (${count} photos)`);
    throw new ModelMismatch(
      `the table holds features of ${models.size} models, which cannot be compared: ${list.join(', ')}. ` +
        'Run backfill until every photo has features of the model in use, then reduce again',
    );
  }
  return [...models.keys()][0] ?? '';
}

function tooFew({ used, refused, erased }: ItemCounts): TooFewRows {
  const refusals = Object.values(refused).reduce((sum, count) => sum + count, 0);
  return new TooFewRows(
    `a PCA needs at least 2 photos with features; the table has ${used} (${refusals} refused, ${erased} erased)`,
  );
}

function increment<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
