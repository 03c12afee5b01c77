/** The commit by which a snapshot becomes the newest version of the Delta Lake table over the rows. */
import { createHash } from 'node:crypto';
import { COLUMNS } from '../columns.ts';
import { beganBefore, nameOfPart, partsFolder, ROWS_FOLDER } from '../layout.ts';
import type { PartStatistics } from '../part-statistics.ts';
import type { SnapshotPart } from '../snapshot.ts';
import { type Action, type MetaData, READER_VERSION, WRITER_VERSION } from './actions.ts';
import type { TableState } from './state.ts';

/** A whole snapshot. */
export interface WholeSnapshot {
  snapshot: string;
  /** Milliseconds since the epoch. */
  startedAt: number;
  parts: SnapshotPart[];
}

/** What the table is made with. */
export interface TableSettings {
  /** Name and version of what writes the log. */
  software: string;
  /** How long snapshots are kept. */
  snapshotDays: number;
}

/** Commits from one checkpoint to the next, for other writers to know. */
export const COMMITS_A_CHECKPOINT = 10;

/** Under which the log says how far Verger has come. */
const APPLICATION = 'verger';

/** Where a snapshot stands in a version of the table: it is its rows, or a later one's are, or neither. */
export function standingOf(
  { snapshot, startedAt }: WholeSnapshot,
  state: TableState,
): 'committed' | 'overtaken' | 'new' {
  const newest = state.transactions.get(APPLICATION)?.version;
  if (newest === undefined || newest < startedAt) return 'new';
  if (newest > startedAt) return 'overtaken';
  // Of the same millisecond: either this one, or one that another name tells from it.
  const live = [...state.live.keys()].map(nameOfPart).find((name) => name !== undefined);
  if (live === undefined || live === snapshot) return 'committed';
  return beganBefore(snapshot, live) ? 'overtaken' : 'new';
}

/**
 * The actions of the version after `state`: the snapshot's parts are added, and every file that is live is removed, of
 * whom ever it is.
 *
 * @param now milliseconds since the epoch
 */
export function nextCommit(
  state: TableState,
  { snapshot, startedAt, parts }: WholeSnapshot,
  settings: TableSettings,
  now: number,
): Action[] {
  const metaData = metaDataOf(state.metaData, snapshot, startedAt, settings);
  const isSame = JSON.stringify(state.metaData) === JSON.stringify(metaData);
  return [
    {
      commitInfo: {
        timestamp: now,
        operation: 'WRITE',
        operationParameters: { mode: 'Overwrite', partitionBy: '[]' },
        engineInfo: settings.software,
        snapshot,
      },
    },
    ...(state.protocol
      ? []
      : [{ protocol: { minReaderVersion: READER_VERSION, minWriterVersion: WRITER_VERSION } }]),
    ...(isSame ? [] : [{ metaData }]),
    { txn: { appId: APPLICATION, version: startedAt } },
    ...[...state.live.values()].map(({ path, size }) => ({
      remove: { path, deletionTimestamp: now, dataChange: true, size },
    })),
    ...parts.map((part) => ({
      add: {
        path: encodePath(`${partsFolder(snapshot).slice(ROWS_FOLDER.length)}${part.name}`),
        partitionValues: {},
        size: part.bytes,
        modificationTime: startedAt,
        dataChange: true,
        stats: encodeStatistics(part.rows, part.statistics),
      },
    })),
  ];
}

/** A path in a log: percent-encoded, with `=` as it stands, as Spark writes it. */
export function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/').replaceAll('%3D', '=');
}

/**
 * Statistics of a file, as JSON. Text is not cut short: a largest value that is too small has readers pass over rows.
 *
 * @see https://github.com/delta-io/delta/blob/master/PROTOCOL.md#per-file-statistics
 */
export function encodeStatistics(
  rows: number,
  { path, label, unlabelled, featurizedAt }: PartStatistics,
): string {
  const times = featurizedAt.map(toTime);
  const valuesAt = (end: 0 | 1) => ({
    path: path[end],
    ...(label && { label: label[end] }),
    ...(times.every((time) => time.length === 24) && { featurized_at: times[end] }), // of the years 0 to 9999
  });
  return JSON.stringify({
    numRecords: rows,
    minValues: valuesAt(0),
    maxValues: valuesAt(1),
    nullCount: { path: 0, label: unlabelled, featurized_at: 0 },
  });
}

function toTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

/** What the log says of the table as a whole; the same as before, but for settings and columns that have changed. */
function metaDataOf(
  before: MetaData | undefined,
  snapshot: string,
  startedAt: number,
  { snapshotDays }: TableSettings,
): MetaData {
  return {
    id: before?.id ?? uuidOf(snapshot),
    format: { provider: 'parquet', options: {} },
    schemaString: JSON.stringify({
      type: 'struct',
      fields: COLUMNS.map(({ name, deltaType: type, nullable }) => ({ name, type, nullable, metadata: {} })),
    }),
    partitionColumns: [],
    configuration: {
      'delta.checkpointInterval': String(COMMITS_A_CHECKPOINT),
      // Somebody's VACUUM deletes nothing that a snapshot needs: files stay for as long as snapshots do.
      'delta.deletedFileRetentionDuration': `interval ${snapshotDays} days`,
      'delta.logRetentionDuration': `interval ${snapshotDays} days`,
    },
    createdTime: before?.createdTime ?? startedAt,
  };
}

/** A UUID that is always the same for a name. */
function uuidOf(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-4$3-8$4-$5');
}
