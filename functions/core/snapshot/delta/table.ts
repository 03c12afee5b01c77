/** The Delta Lake table over the rows: its newest version is the newest whole snapshot. */
import type { TableStore } from '../../ports.ts';
import {
  checkpointKey,
  commitKey,
  encodeCommit,
  LAST_CHECKPOINT,
  LOG_FOLDER,
  parseLogKey,
} from './actions.ts';
import { actionsOf, encodeCheckpoint } from './checkpoint.ts';
import {
  COMMITS_A_CHECKPOINT,
  nextCommit,
  standingOf,
  type TableSettings,
  type WholeSnapshot,
} from './commit.ts';
import { readState } from './read-state.ts';
import { apply, type TableState } from './state.ts';

/**
 * Makes a snapshot the newest version of the table, unless it is, or one that began later is. The log is read again at
 * each try, and a commit is written in one piece where there is none: of two writers one is told to try again. Times in the log
 * are whole milliseconds, as Delta Lake has them, whatever the clock gives.
 *
 * @param now milliseconds since the epoch
 * @returns the version that it made or found; undefined where a snapshot that began later is the newest
 * @throws ContractBroken where the log is not one that Verger can go on from
 */
export async function commitSnapshot(
  table: TableStore,
  { startedAt, ...given }: WholeSnapshot,
  settings: TableSettings,
  now: number,
): Promise<TableState | undefined> {
  const snapshot = { ...given, startedAt: Math.floor(startedAt) };
  for (;;) {
    const state = await readState(table);
    const standing = standingOf(snapshot, state);
    if (standing === 'overtaken') return undefined;
    if (standing === 'committed') return state;
    const actions = nextCommit(state, snapshot, settings, Math.floor(now));
    const version = state.version + 1;
    if (await table.create(commitKey(version), encodeCommit(actions))) {
      apply(state, version, actions);
      return state;
    }
  }
}

/**
 * Writes a checkpoint where the last is {@link COMMITS_A_CHECKPOINT} commits ago or more.
 *
 * @param expired files that were removed before are forgotten; milliseconds since the epoch
 */
export async function writeCheckpoint(table: TableStore, state: TableState, expired: number): Promise<void> {
  const { version, checkpoint, live } = state;
  if (version - Math.max(checkpoint, 0) < COMMITS_A_CHECKPOINT) return;
  const kept = [...state.removed].filter(([, { deletionTimestamp = 0 }]) => deletionTimestamp >= expired);
  const actions = actionsOf({ ...state, removed: new Map(kept) });
  const bytes = encodeCheckpoint(actions);
  await table.write(checkpointKey(version), bytes);
  const last = { version, size: actions.length, sizeInBytes: bytes.length, numOfAddFiles: live.size };
  await table.write(LAST_CHECKPOINT, new TextEncoder().encode(JSON.stringify(last)));
}

/**
 * Removes the commits and checkpoints before the last checkpoint that is older than `expired`: the snapshots that they
 * tell of are gone, and their statistics name photos.
 */
export async function expireLog(table: TableStore, expired: number): Promise<void> {
  const files: { key: string; version: number }[] = [];
  let first = 0;
  for await (const page of table.list(LOG_FOLDER)) {
    for (const { key, modified } of page) {
      for (const { version, kind } of parseLogKey(key)) {
        files.push({ key, version });
        if (kind === 'checkpoint' && modified < expired) first = Math.max(first, version);
      }
    }
  }
  await table.remove(files.filter(({ version }) => version < first).map(({ key }) => key));
}
