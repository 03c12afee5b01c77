/** Log entries of the functions as lines for a person. */
import { printable } from '../printable.ts';

export type LogEntry = { message: string } & Record<string, unknown>;

/**
 * One short line for what a function logged.
 *
 * @param entry as {@link parseLogEntry} gives it
 * @returns the line, escaped; undefined where there is nothing to say
 */
export function tellEntry(entry: LogEntry): string | undefined {
  const told = Object.hasOwn(TELL, entry.message) ? TELL[entry.message]?.(entry) : entry.message;
  return told && printable(told);
}

/** Reads a line that a function printed. @returns undefined where it is not an entry of the functions' own log */
export function parseLogEntry(line: string): LogEntry | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const entry = JSON.parse(line) as Record<string, unknown>;
    const isEntry = typeof entry.message === 'string' && entry.service === 'verger';
    return isEntry ? (entry as LogEntry) : undefined;
  } catch {
    return undefined;
  }
}

/** Of each event that reduce logs on its way, what it has done. Told by `npm start`; of little use among other events. */
export const PHASES: Record<string, (entry: LogEntry) => string> = {
  'reduce-paged': ({ used }) => `${used} photos read`,
  'reduce-fitted': ({ components }) => `PCA fitted, ${components} components`,
  'reduce-compared': ({ photos }) => `${photos} photos compared with each other`,
  'reduce-pictured': ({ made, wanted }) => `${made} of ${wanted} pictures made`,
};

/** By logged message; any other message is shown as it is. */
const TELL: Record<string, (entry: LogEntry) => string | undefined> = {
  photo: ({ key, status, reason, detail, milliseconds }) =>
    status === 'refused'
      ? `refused ${key}: ${reason}, ${detail}`
      : `${status} ${key}${status === 'featurized' ? ` ${duration(milliseconds)}` : ''}`,
  erasure: ({ key, status }) => (status === 'erased' ? `erased ${key}` : `${status} ${key}, not erased`),
  reduce: ({ rows, milliseconds, parts }) => `reduce ${rows} photos ${duration(milliseconds)} → ${parts}`,
  'reduce-warning': ({ warning }) => `reduce warning: ${warning}`,
  'reduce-skipped': ({ why }) => `reduce skipped: ${why}`,
  ...Object.fromEntries(Object.keys(PHASES).map((phase) => [phase, () => undefined])),
  backfill: ({ prefix = '', state, listed, sent }) =>
    `backfill ${prefix === '' ? 'of all' : prefix} ${state}: ${listed} listed, ${sent} sent`,
  'handed-on': ({ together, alone }) =>
    `handed on ${Number(together) + Number(alone)} photos to other invocations`,
  failure: ({ key, error }) => `failed ${key}: ${error}`,
  failed: () => undefined, // the invoker sees it
};

/** @param milliseconds of each step */
function duration(milliseconds: unknown): string {
  const sum = Object.values(milliseconds ?? {}).reduce((all, one) => all + Number(one), 0);
  return sum < 1000 ? `${Math.round(sum)} ms` : `${(sum / 1000).toFixed(1)} s`;
}
