import type { LearnedCollection } from '../classifier/learned.ts';
import { VergerError } from '../errors.ts';
import type { MatrixProducts } from '../pca/matrix.ts';
import type { PcaOptions } from '../pca/pca-options.ts';
import type { Clock, FeatureStore, Log, SnapshotStore, TableStore } from '../ports.ts';
import type { SeeingPorts, Seen } from '../review/seen.ts';
import type { Run } from '../snapshot/documents.ts';
import type { LocalWork } from '../spool/local-work.ts';
import type { WorkStore } from '../spool/work-store.ts';
import type { Tree } from './tree.ts';

/** Tasks of a phase: all their answers together, some 20 bytes each, have to fit into the 256 KB of an engine's state. */
export const MOST_TASKS = 8000;

/** What the phases of a reduce need from outside. */
export interface ReducePorts {
  features: FeatureStore;
  snapshots: SnapshotStore;
  table: TableStore;
  products: MatrixProducts;
  clock: Clock;
  log: Log;
  /** Makes the names of snapshots that begin at the same time differ, and those of attempts at one task. */
  id(): string;
  /** A folder on local disk with room for 4·d + 300 bytes a photo and two parts; shared by any number of runs. */
  temporaryDirectory: string;
  /** Name and version of this software, kept in every snapshot. */
  software: string;
  /** How long a snapshot is kept after it began, unless it is the current one. */
  snapshotDays: number;
  /** Makes `report.html`; without it the snapshot has none. */
  report?: (run: Run, seen: Seen) => string;
  /** Where photos are read for the report's pictures; without it there are none. */
  pictures?: SeeingPorts['pictures'] | undefined;
  /** What the model of this id was trained on, where that is known. */
  learnedBy?: (model: string) => LearnedCollection[] | undefined;
  /** How rows are summed; {@link TREE} but for tests. */
  tree?: Tree;
  /** Most rows that are compared with each other; 50,000 but for tests. */
  mostCompared?: number;
}

/** The same, and where this run's files lie. */
export interface PhasePorts extends Omit<ReducePorts, 'temporaryDirectory' | 'tree'> {
  work: WorkStore;
  /** A folder of this phase's own on local disk, removed after it. */
  folder: string;
  /** Takes what of `work` has to be brought near. */
  scratch: LocalWork;
  /** Rows that `gather` sorts in memory at a time. */
  runRows: number;
  tree: Tree;
}

/** What a reduce is asked. */
export interface ReduceOptions {
  pca: PcaOptions;
  /** Whether the request says how many components; the default gives way where a model has fewer features. */
  asksComponents: boolean;
  /** `spreadsheet`: what spreadsheets would take for a formula is made text. */
  csv: boolean | 'spreadsheet';
  /** Whether the report holds pictures of photos. */
  thumbnails: boolean;
  /** Which photos: those whose keys begin so. Empty: all. */
  prefix: string;
}

/** Milliseconds that a task took, by step. */
export interface TaskTimes {
  milliseconds: Record<string, number>;
}

/**
 * Does a task once. What it makes is plain JSON, committed under the task's name; where that is there already, of an
 * attempt before or beside this one, it is what counts. Larger files are written before, under names that hold
 * an attempt's id, so that nothing is read of an attempt that was not the first to be done.
 *
 * @param make gets the id of this attempt
 */
export async function once<T>(
  { work, id }: Pick<PhasePorts, 'work' | 'id'>,
  task: string,
  make: (attempt: string) => Promise<T>,
): Promise<T> {
  const name = `${task}.json`;
  const earlier = await work.read(name);
  if (earlier !== undefined) return parse(earlier) as T;
  const made = await make(id());
  if (await work.commit(name, Buffer.from(JSON.stringify(made)))) return made;
  return await resultOf(work, task);
}

/** What a task before has made. @throws VergerError `WORK_FILE_MISSING` */
export async function resultOf<T>(work: WorkStore, task: string): Promise<T> {
  return parse(await contentOf(work, `${task}.json`)) as T;
}

/** Bytes [start, end) of a file that a task before has written, by default all. @throws VergerError `WORK_FILE_MISSING` */
export async function contentOf(
  work: WorkStore,
  name: string,
  start?: number,
  end?: number,
): Promise<Uint8Array> {
  const content = await work.read(name, start, end);
  if (content !== undefined) return content;
  throw new VergerError(
    'WORK_FILE_MISSING',
    `the work file ${name} is missing: the phase before it has not ended, or work files have been removed since. Reduce again`,
  );
}

/** The name of one of several tasks of a phase. */
export function taskName(phase: string, task: number): string {
  return `${phase}/${String(task).padStart(5, '0')}`;
}

function parse(bytes: Uint8Array): unknown {
  return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString());
}
