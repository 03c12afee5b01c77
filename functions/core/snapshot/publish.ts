/** A whole snapshot becomes the one that readers find, and those that have expired are removed. */
import { VergerError } from '../errors.ts';
import type { Clock, LatestSnapshot, SnapshotStore, TableStore } from '../ports.ts';
import { tableIn } from './collection.ts';
import type { WholeSnapshot } from './delta/commit.ts';
import { commitSnapshot, expireLog, writeCheckpoint } from './delta/table.ts';
import { expireSnapshots } from './expire.ts';
import { beganBefore } from './layout.ts';

export interface PublishPorts {
  snapshots: SnapshotStore;
  table: TableStore;
  clock: Clock;
  /** Name and version of this software. */
  software: string;
  /** How long a snapshot is kept after it began, unless it is the current one. */
  snapshotDays: number;
}

const DAY_MS = 24 * 3600 * 1000;

/**
 * Commits a snapshot to the Delta Lake table, and then lets `latest.json` name it, both those of its collection. A
 * failure, or the end of the process, at any moment leaves readers of either a whole snapshot, and the next one that is
 * published makes both name the same.
 *
 * @param collection folder of the collection, as {@link collectionFolder} makes it
 * @returns false when a snapshot that began later stays current
 * @throws VergerError `EXPIRY_FAILED` where the snapshot is current and what has expired cannot be removed
 */
export async function publishSnapshot(
  { snapshots, clock, ...settings }: PublishPorts,
  latest: LatestSnapshot,
  { startedAt, parts }: Pick<WholeSnapshot, 'startedAt' | 'parts'>,
  collection = '',
): Promise<boolean> {
  const { snapshot } = latest;
  const table = tableIn(settings.table, collection);
  const replaced = (await snapshots.latest(collection))?.snapshot;
  if (replaced !== undefined && beganBefore(snapshot, replaced)) return false;
  const state = await commitSnapshot(table, { snapshot, startedAt, parts }, settings, clock.now());
  if (!state || !(await snapshots.publish(latest, collection))) return false;

  const expired = clock.now() - settings.snapshotDays * DAY_MS;
  try {
    await writeCheckpoint(table, state, expired);
    await expireSnapshots(table, { current: snapshot, replaced, expired });
    await expireLog(table, expired);
  } catch (cause) {
    throw new VergerError(
      'EXPIRY_FAILED',
      `snapshot ${snapshot} is current, but what is older than ${settings.snapshotDays} days cannot be removed: ${(cause as Error).message}`,
      { cause },
    );
  }
  return true;
}
