/**
 * What a Delta Lake log is made of, as far as readers of protocol 1 and writers of protocol 2 use it.
 *
 * @see https://github.com/delta-io/delta/blob/master/PROTOCOL.md
 */
import { ROWS_FOLDER } from '../layout.ts';

/** A file that belongs to the table from this version on. */
export interface Add {
  /** Below the table's folder, percent-encoded. */
  path: string;
  partitionValues: Record<string, string>;
  size: number;
  modificationTime: number;
  dataChange: boolean;
  /** {@link encodeStatistics} */
  stats?: string;
}

/** A file that belongs to the table no longer. */
export interface Remove {
  path: string;
  deletionTimestamp?: number;
  dataChange: boolean;
  size?: number;
}

export interface MetaData {
  id: string;
  format: { provider: string; options: Record<string, string> };
  schemaString: string;
  partitionColumns: string[];
  configuration: Record<string, string>;
  createdTime: number;
}

export interface Protocol {
  minReaderVersion: number;
  minWriterVersion: number;
}

/** How far an application has come: of Verger, when the newest snapshot began, in milliseconds. */
export interface Transaction {
  appId: string;
  version: number;
}

/** One of them. */
export interface Action {
  add?: Add;
  remove?: Remove;
  metaData?: MetaData;
  protocol?: Protocol;
  txn?: Transaction;
  commitInfo?: Record<string, unknown>;
}

/** Protocol versions of the table: the first of all, which every reader of Delta Lake knows. */
export const READER_VERSION = 1;
export const WRITER_VERSION = 2;

export const LOG_FOLDER = `${ROWS_FOLDER}_delta_log/`;

/** Names the version of which a checkpoint was written last. */
export const LAST_CHECKPOINT = `${LOG_FOLDER}_last_checkpoint`;

export function commitKey(version: number): string {
  return `${LOG_FOLDER}${pad(version)}.json`;
}

export function checkpointKey(version: number): string {
  return `${LOG_FOLDER}${pad(version)}.checkpoint.parquet`;
}

/** What file of the log this is, and of which version. @returns an empty list where it is of none */
export function parseLogKey(key: string): LogFile[] {
  const [, digits, end] = /^(\d{20})\.(.+)$/.exec(key.slice(LOG_FOLDER.length)) ?? [];
  if (digits === undefined) return [];
  const kind = end === 'json' ? 'commit' : end === 'checkpoint.parquet' ? 'checkpoint' : 'other';
  return [{ version: Number(digits), kind }];
}

export interface LogFile {
  version: number;
  /** A checkpoint in one file; those in several are other files. */
  kind: 'commit' | 'checkpoint' | 'other';
}

/** A commit's bytes: one action a line. */
export function encodeCommit(actions: Action[]): Uint8Array {
  return new TextEncoder().encode(actions.map((action) => `${JSON.stringify(action)}\n`).join(''));
}

export function decodeCommit(bytes: Uint8Array): Action[] {
  const lines = new TextDecoder().decode(bytes).split('\n');
  return lines.filter((line) => line.trim() !== '').map((line) => JSON.parse(line) as Action);
}

function pad(version: number): string {
  return String(version).padStart(20, '0');
}
