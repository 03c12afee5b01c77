/** Reads the events that invoke the functions. */

import type { BackfillCommand } from '../core/backfill.ts';
import type { Removal } from '../core/erase.ts';
import { InvalidRequest } from '../core/errors.ts';
import { SEEN } from '../core/ordering.ts';
import type { FeaturizeRequest, SeenItem } from '../core/ports.ts';
import { preview } from '../core/preview.ts';
import { checkKey, etagIn, type Fields, fieldsIn, isFields, sequencerIn, textIn } from './fields.ts';
import { OBJECT, parseRecords } from './s3-records.ts';

/**
 * The photos an event asks to featurize: S3's ObjectCreated and ObjectRestore:Completed records, or
 * `{ backfill: [...] }` with requests as core has them, which backfill sends, and featurize when it hands on.
 * Folder markers and S3's test event ask for none.
 *
 * A photo restored from an archive is named by its key alone: S3 gives sequencers to PUTs and DELETEs only, and it may
 * be an older version that was restored.
 *
 * @param bucket whose events they must be
 * @throws InvalidRequest naming what is missing or wrong
 */
export function parseFeaturizeEvent(event: unknown, bucket: string): FeaturizeRequest[] {
  if (isFields(event) && Array.isArray(event.backfill)) return event.backfill.map(parseRequest);
  const kinds = ['ObjectCreated:', 'ObjectRestore:Completed'];
  return parseRecords(event, bucket, kinds).map(({ key, name, object }) =>
    name.startsWith('ObjectRestore:')
      ? { key, version: 'current' }
      : { key, sequencer: sequencerIn(object, 'sequencer', OBJECT), etag: etagIn(object, 'eTag', OBJECT) },
  );
}

/**
 * The photos an event says were removed: by somebody (S3's ObjectRemoved records) or by the bucket's own lifecycle
 * (LifecycleExpiration), delete markers included.
 *
 * @param bucket whose events they must be
 * @throws InvalidRequest naming what is missing or wrong
 */
export function parseEraseEvent(event: unknown, bucket: string): Removal[] {
  return parseRecords(event, bucket, ['ObjectRemoved:', 'LifecycleExpiration:']).map(
    ({ key, name, object }) => ({
      key,
      sequencer: sequencerIn(object, 'sequencer', OBJECT),
      isOneVersion: name.endsWith(':Delete') && object.versionId !== undefined,
    }),
  );
}

/**
 * What backfill is asked: `{ "prefix": "fruits/" }` (default: every photo), `{ "resume": "<run>" }`,
 * `{ "stop": "<run>" }` or `{ "status": "<run>" }`.
 *
 * @throws InvalidRequest naming what is wrong
 */
export function parseBackfillEvent(event: unknown): BackfillCommand {
  const command = event ?? {};
  if (isFields(command)) {
    const [name = 'prefix', ...more] = Object.keys(command);
    const { [name]: value = '' } = command;
    if (BACKFILL_COMMANDS.includes(name) && typeof value === 'string' && more.length === 0) {
      if (name === 'prefix' && value !== '') checkKey(value, name);
      return { [name]: value } as BackfillCommand;
    }
  }
  const expected = BACKFILL_COMMANDS.map((name) => `{ "${name}": "..." }`).join(', ');
  throw new InvalidRequest(`backfill takes one of ${expected}; got ${preview(event)}`);
}

const BACKFILL_COMMANDS = ['prefix', 'resume', 'stop', 'status'];

/**
 * What reduce is asked: by somebody, its options (none: all defaults; core checks them), or by the schedule
 * of serverless.yml, `{ "scheduled": true }` beside them.
 */
export function parseReduceEvent(event: unknown): { scheduled: boolean; options: unknown } {
  if (!isFields(event)) return { scheduled: false, options: event ?? {} };
  const { scheduled, ...options } = event;
  return scheduled === true ? { scheduled, options } : { scheduled: false, options: event };
}

function parseRequest(request: unknown): FeaturizeRequest {
  const where = 'backfill[]';
  const key = checkKey(textIn(request, 'key', where));
  const { version, sequencer, seen } = request as Fields;
  if (version === 'current') return { key, version };
  const etag = etagIn(request, 'etag', where);
  if (sequencer !== undefined) return { key, etag, sequencer: sequencerIn(request, 'sequencer', where) };
  return { key, etag, ...(seen !== undefined && { seen: parseSeen(fieldsIn(request, 'seen', where)) }) };
}

/** Members that this version does not know are left out. */
function parseSeen(seen: Fields): SeenItem {
  const read = { etag: textIn, model: textIn, refused: textIn, sequencer: sequencerIn };
  const known = SEEN.filter((name) => seen[name] !== undefined);
  return Object.fromEntries(known.map((name) => [name, read[name](seen, name, 'backfill[].seen')]));
}
