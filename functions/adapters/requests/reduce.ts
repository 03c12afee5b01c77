import { InvalidRequest } from '../../core/errors.ts';
import { parsePcaOptions } from '../../core/pca/pca-options.ts';
import { preview } from '../../core/preview.ts';
import { MOST_TASKS, type ReduceOptions } from '../../core/reduce/phase.ts';
import type { PhaseRequest } from '../../core/reduce/run-phase.ts';
import { collectionFolder } from '../../core/snapshot/layout.ts';
import { checkKey, fieldsIn, isFields, textIn } from './fields.ts';

/** What reduce is asked. */
export interface ReduceRequest {
  /** By the schedule of serverless.yml, `{ "scheduled": true }` beside what is asked. */
  scheduled: boolean;
  options: ReduceOptions;
  /** Tasks that are to read the table on Step Functions; absent: as many as it takes, and none for a table that one function can do. */
  segments?: number;
  /** A run on Step Functions that failed, and is to go on. */
  resume?: string;
}

/**
 * What reduce is asked: `{ components, standardize, projection, csv, thumbnails, prefix, segments }`, each optional, or `{ resume }`.
 *
 * @throws InvalidRequest naming the option, its value and what is allowed
 */
export function parseReduceEvent(event: unknown): ReduceRequest {
  const request = event ?? {};
  if (!isFields(request)) {
    throw new InvalidRequest(`reduce takes an object such as {"components": 64}, not ${preview(event)}`);
  }
  const { scheduled, ...rest } = request;
  const isScheduled = scheduled === true;
  const { segments, resume, ...asked } = isScheduled ? rest : request;
  return {
    scheduled: isScheduled,
    options: parseReduceOptions(asked),
    ...(segments !== undefined && { segments: parseSegments(segments) }),
    ...(resume !== undefined && { resume: parseRun(resume, 'resume') }),
  };
}

/**
 * What the state machine asks of one of its tasks; to the first it hands on what itself was asked.
 *
 * @throws InvalidRequest naming the member, its value and what is allowed
 */
export function parsePhaseEvent(event: unknown): PhaseRequest {
  const phase = textIn(event, 'phase', 'event');
  if (phase === 'plan') {
    const { options, segments, resume } = parseReduceEvent(fieldsIn(event, 'request', 'event'));
    return resume === undefined ? { phase, options, segments } : { phase, resume };
  }
  const run = parseRun(textIn(event, 'run', 'event'), 'event.run');
  if (phase === 'split' || phase === 'fit' || phase === 'publish') return { phase, run };
  if (phase !== 'gather' && phase !== 'assemble' && phase !== 'project') {
    throw new InvalidRequest(`event.phase is ${preview(phase)}, which is no phase of reduce`);
  }
  const { task } = event as { task?: unknown };
  if (!isWhole(task, 0, MOST_TASKS))
    throw new InvalidRequest(`event.task is ${preview(task)}; allowed: the number of a task`);
  return { phase, run, task };
}

function parseReduceOptions(request: Record<string, unknown>): ReduceOptions {
  const { csv = false, thumbnails = true, prefix = '', components } = request;
  const pca = parsePcaOptions(request, ['csv', 'thumbnails', 'prefix', 'segments', 'resume']);
  if (typeof csv !== 'boolean' && csv !== 'spreadsheet') {
    throw new InvalidRequest(`csv is ${preview(csv)}; allowed: true, false or "spreadsheet"`);
  }
  if (typeof thumbnails !== 'boolean') {
    throw new InvalidRequest(`thumbnails is ${preview(thumbnails)}; allowed: true or false`);
  }
  return { pca, asksComponents: components !== undefined, csv, thumbnails, prefix: parsePrefix(prefix) };
}

/** S3 takes keys of 1,024 bytes, of which those below a collection's folder need some 80. */
const LONGEST_COLLECTION = 900;

function parsePrefix(value: unknown): string {
  if (value === '') return value;
  if (typeof value !== 'string') {
    throw new InvalidRequest(
      `prefix is ${preview(value)}; allowed: what keys of photos begin with, such as "phone/"`,
    );
  }
  const { length } = collectionFolder(checkKey(value, 'prefix'));
  if (length <= LONGEST_COLLECTION) return value;
  throw new InvalidRequest(
    `prefix ${preview(value)} makes a folder of ${length} characters; the limit is ${LONGEST_COLLECTION}`,
  );
}

function parseSegments(value: unknown): number {
  if (isWhole(value, 1, MOST_TASKS)) return value;
  throw new InvalidRequest(`segments is ${preview(value)}; allowed: a whole number from 1 to ${MOST_TASKS}`);
}

/** The name of a run becomes part of keys. */
function parseRun(value: unknown, what: string): string {
  if (typeof value === 'string' && /^\d{8}T\d{6}\.\d{3}Z-[\w-]{1,64}$/.test(value)) return value;
  throw new InvalidRequest(
    `${what} is ${preview(value)}; allowed: the name of a run, such as 20260102T030405.678Z-1a2b3c4d`,
  );
}

function isWhole(value: unknown, from: number, to: number): value is number {
  return Number.isSafeInteger(value) && Number(value) >= from && Number(value) <= to;
}
