/** The second phase: a share of the features table becomes runs of rows sorted by path. */
import { ContractBroken } from '../errors.ts';
import type { FeaturizedItem } from '../ports.ts';
import type { RefusedPhoto } from '../review/seen.ts';
import { RunWriter } from '../spool/run-writer.ts';
import type { SortedRun } from '../spool/sorted-run.ts';
import { toRow } from '../spool/spooled-row.ts';
import { stopwatch } from '../stopwatch.ts';
import { once, type PhasePorts, resultOf, type TaskTimes, taskName } from './phase.ts';
import type { Plan } from './plan.ts';

/** Disjoint parts of a task's share, read at the same time; each holds one page of at most 1 MB in memory. */
const READERS = 8;

/** Refused photos that a report lists. */
const REFUSED_LISTED = 100;

/** What a task found in its share of the table. */
export interface Gathered extends TaskTimes {
  runs: SortedRun[];
  /** Features a row; 0 where there was none. */
  dimension: number;
  /** Photos with features, by model: `[model, photos]`. */
  models: [string, number][];
  /** Photos that can never be used: `[reason, photos]`. */
  refused: [string, number][];
  /** The first of them by key, with what was found. */
  refusedPhotos: RefusedPhoto[];
  /** Tombstones of photos that were deleted. */
  erased: number;
}

/**
 * Reads one share of the features table once, strongly consistent, and writes every row of the collection that has
 * features, sorted, in runs of `runRows`. Its refused and erased photos are counted.
 *
 * Whatever has to be known of every row before the whole is known, such as its model, is found out here.
 *
 * @throws ContractBroken when features differ in length or are not finite, naming the photo
 */
export async function gather(ports: PhasePorts, task: number): Promise<Gathered> {
  return await once(ports, taskName('gather', task), async (attempt) => {
    const { gathers, options } = await resultOf<Plan>(ports.work, 'plan');
    const { milliseconds, timed } = stopwatch(ports.clock);
    const name = `${taskName('gather', task)}-${attempt}`;
    return {
      ...(await timed('page', () => readShare(ports, name, task, gathers, options.prefix))),
      milliseconds,
    };
  });
}

async function readShare(
  { features, work, runRows }: PhasePorts,
  name: string,
  task: number,
  tasks: number,
  prefix: string,
): Promise<Omit<Gathered, 'milliseconds'>> {
  const models = new Map<string, number>();
  const refused = new Map<string, number>();
  let refusedPhotos: RefusedPhoto[] = [];
  let erased = 0;
  let writer: RunWriter | undefined;
  let failed = false;

  async function read(reader: number): Promise<void> {
    for await (const page of features.scan(task * READERS + reader, tasks * READERS, prefix)) {
      if (failed) return;
      const used: FeaturizedItem[] = [];
      for (const item of page) {
        if (item.kind === 'erased') erased += 1;
        else if (item.kind === 'refused') {
          increment(refused, item.refused);
          refusedPhotos.push({ key: item.key, reason: item.refused, detail: item.detail });
          if (refusedPhotos.length > 2 * REFUSED_LISTED) refusedPhotos = firstRefused(refusedPhotos);
        } else {
          increment(models, item.model);
          if (models.size === 1) used.push(item); // else read on, to count them
        }
      }
      if (used[0] === undefined) continue;
      writer ??= new RunWriter(work, name, used[0].features.length, runRows);
      for (const item of used) checkFeatures(item, writer.dimension);
      await writer.add(used.map((item) => ({ row: toRow(item), features: item.features })));
    }
  }

  const readers = Array.from({ length: READERS }, (_, reader) =>
    read(reader).catch((error: unknown) => {
      failed = true;
      throw error;
    }),
  );
  const failure = (await Promise.allSettled(readers)).find(({ status }) => status === 'rejected');
  if (failure?.status === 'rejected') throw failure.reason;
  await writer?.flush();
  return {
    runs: writer?.runs ?? [],
    dimension: writer?.dimension ?? 0,
    models: [...models],
    refused: [...refused],
    refusedPhotos: firstRefused(refusedPhotos),
    erased,
  };
}

/** Of refused photos, the first by key that a report lists. */
export function firstRefused(photos: RefusedPhoto[]): RefusedPhoto[] {
  return photos.sort((a, b) => (a.key < b.key ? -1 : 1)).slice(0, REFUSED_LISTED);
}

function checkFeatures({ key, model, features }: FeaturizedItem, dimension: number): void {
  if (features.length !== dimension) {
    throw new ContractBroken(
      `${key} has ${features.length} features where photos before it have ${dimension}, all of ${model}; featurize it again`,
    );
  }
  if (!isAllFinite(features)) {
    throw new ContractBroken(`${key} has a feature that is not a finite number; featurize it again`);
  }
}

/** A plain loop: `every` costs as much as a tenth of the accumulation. */
function isAllFinite(values: Float32Array): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return false;
  return true;
}

function increment<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
