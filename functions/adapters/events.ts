/** Reads the events that invoke the functions. */

import type { BackfillCommand } from '../core/backfill.ts';
import type { Removal } from '../core/erase.ts';
import { InvalidRequest } from '../core/errors.ts';
import type { FeaturizeRequest } from '../core/featurize.ts';
import { isFolderMarker } from '../core/photo/photo-key.ts';
import type { BackfillRequest, SeenItem } from '../core/ports.ts';

/**
 * The photos an event asks to featurize: S3's ObjectCreated records, or `{ backfill: [...] }`.
 * Folder markers and S3's test event ask for none.
 *
 * @throws InvalidRequest naming what is missing
 */
export function parseFeaturizeEvent(event: unknown): FeaturizeRequest[] {
  if (isRecord(event) && Array.isArray(event.backfill)) return event.backfill.map(parseBackfillRequest);
  return parseRecords(event, ['ObjectCreated:']).map(({ photo, sequencer, object }) => ({
    photo,
    sequencer,
    etag: string(object, 'eTag', 'Records[].s3.object').replace(/^"|"$/g, ''),
  }));
}

/**
 * The photos an event says were removed: by somebody (S3's ObjectRemoved records) or by the bucket's own lifecycle
 * (LifecycleExpiration), delete markers included.
 *
 * @throws InvalidRequest naming what is missing
 */
export function parseEraseEvent(event: unknown): Removal[] {
  return parseRecords(event, ['ObjectRemoved:', 'LifecycleExpiration:']).map(
    ({ photo, sequencer, name, object }) => ({
      photo,
      sequencer,
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
  const [entry = ['prefix', ''], ...more] = Object.entries(event ?? {});
  const [name, value] = entry;
  if (!isRecord(event ?? {}) || more.length > 0 || typeof value !== 'string' || !isCommand(name)) {
    const expected = BACKFILL_COMMANDS.map((command) => `{ "${command}": "..." }`).join(', ');
    throw new InvalidRequest(`backfill takes one of ${expected}; got ${preview(event)}`);
  }
  return { [name]: value } as BackfillCommand;
}

/**
 * What reduce is asked: by somebody, its options (none: all defaults; core checks them), or by the schedule
 * of serverless.yml, `{ "scheduled": true }` beside them.
 */
export function parseReduceEvent(event: unknown): { scheduled: boolean; options: unknown } {
  if (!isRecord(event)) return { scheduled: false, options: event ?? {} };
  const { scheduled, ...options } = event;
  return scheduled === true ? { scheduled, options } : { scheduled: false, options: event };
}

const BACKFILL_COMMANDS = ['prefix', 'resume', 'stop', 'status'];
const isCommand = (name: string) => BACKFILL_COMMANDS.includes(name);

/** Undoes the encoding of keys in S3's events: form-urlencoded UTF-8. */
export function decodeKey(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch (cause) {
    throw new InvalidRequest(`object key ${JSON.stringify(key)} is not URL-encoded UTF-8`, { cause });
  }
}

type Fields = Record<string, unknown>;

interface S3Record {
  photo: string;
  sequencer: string;
  name: string;
  object: Fields;
}

function parseRecords(event: unknown, kinds: string[]): S3Record[] {
  if (isRecord(event) && event.Event === 's3:TestEvent') return [];
  if (!isRecord(event) || !Array.isArray(event.Records)) {
    throw new InvalidRequest(`expected an S3 event with Records, got ${preview(event)}`);
  }
  return event.Records.map((record) => {
    const name = string(record, 'eventName', 'Records[]').replace(/^s3:/, '');
    if (!kinds.some((kind) => name.startsWith(kind))) {
      throw new InvalidRequest(
        `expected ${kinds.join('*, ')}* events, got ${name}: check the bucket's notification settings`,
      );
    }
    const object = fields(fields(record, 's3', 'Records[]'), 'object', 'Records[].s3');
    const photo = decodeKey(string(object, 'key', 'Records[].s3.object'));
    return { photo, sequencer: string(object, 'sequencer', 'Records[].s3.object'), name, object };
  }).filter(({ photo }) => !isFolderMarker(photo));
}

function parseBackfillRequest(request: unknown): BackfillRequest {
  return {
    photo: string(request, 'photo', 'backfill[]'),
    etag: string(request, 'etag', 'backfill[]'),
    ...(isRecord(request) && isRecord(request.seen) && { seen: request.seen as SeenItem }),
  };
}

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fields(value: unknown, name: string, where: string): Fields {
  const found = isRecord(value) ? value[name] : undefined;
  if (!isRecord(found))
    throw new InvalidRequest(`${where}.${name} should be an object, is ${preview(found)}`);
  return found;
}

function string(value: unknown, name: string, where: string): string {
  const found = isRecord(value) ? value[name] : undefined;
  if (typeof found !== 'string')
    throw new InvalidRequest(`${where}.${name} should be a string, is ${preview(found)}`);
  return found;
}

function preview(value: unknown): string {
  return (JSON.stringify(value) ?? 'absent').slice(0, 100);
}
