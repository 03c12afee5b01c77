/**
 * The records of S3's events.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
 */
import { InvalidRequest } from '../../core/errors.ts';
import { isFolderMarker } from '../../core/photo/photo-key.ts';
import { preview } from '../../core/preview.ts';
import { checkKey, type Fields, fieldsIn, isFields, textIn } from './fields.ts';

export interface S3Record {
  key: string;
  /** Such as `ObjectCreated:Put`. */
  name: string;
  /** The record's `s3.object`. */
  object: Fields;
}

export const OBJECT = 'Records[].s3.object';

/**
 * The records of an event, except those of folder markers; S3's test event has none.
 *
 * @param bucket whose events they must be
 * @param kinds beginnings of the names that are expected, such as `ObjectCreated:`, or whole names
 * @throws InvalidRequest naming what is missing, wrong or of another bucket, or what has wrapped the event
 */
export function parseRecords(event: unknown, bucket: string, kinds: string[]): S3Record[] {
  refuseWrapped(event);
  if (isFields(event) && event.Event === 's3:TestEvent') {
    checkBucket(textIn(event, 'Bucket', 's3:TestEvent'), bucket);
    return [];
  }
  if (!isFields(event) || !Array.isArray(event.Records)) {
    throw new InvalidRequest(`expected an S3 event with Records, got ${preview(event)}`);
  }
  return event.Records.map((record) => {
    const name = textIn(record, 'eventName', 'Records[]').replace(/^s3:/, '');
    if (!kinds.some((kind) => name.startsWith(kind))) {
      throw new InvalidRequest(
        `expected ${kinds.map((kind) => kind.replace(/:$/, ':*')).join(', ')} events, got ${preview(name)}: check the bucket's notification settings`,
      );
    }
    const s3 = fieldsIn(record, 's3', 'Records[]');
    const object = fieldsIn(s3, 'object', 'Records[].s3');
    const key = decodeKey(textIn(object, 'key', OBJECT));
    checkBucket(textIn(fieldsIn(s3, 'bucket', 'Records[].s3'), 'name', 'Records[].s3.bucket'), bucket);
    return { key, name, object };
  }).filter(({ key }) => !isFolderMarker(key));
}

/** Undoes the encoding of keys in S3's events: form-urlencoded UTF-8. @throws InvalidRequest where it cannot be a key */
export function decodeKey(key: string): string {
  return checkKey(decode(key));
}

function decode(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch (cause) {
    throw new InvalidRequest(`object key ${preview(key)} is not URL-encoded UTF-8`, { cause });
  }
}

/** @throws InvalidRequest naming both, where an event is from a bucket other than the photo bucket */
export function checkBucket(name: string, bucket: string): void {
  if (name === bucket) return;
  throw new InvalidRequest(
    `bucket ${preview(name)} is not the photo bucket, ${preview(bucket)} (PHOTO_BUCKET)`,
  );
}

/** Any service between the bucket and the function wraps S3's event in its own envelope. */
function refuseWrapped(event: unknown): void {
  const sender = senderOf(event);
  if (sender === undefined) return;
  throw new InvalidRequest(
    `events through ${sender} are not read: let the bucket notify this function itself, as the s3 events of serverless.yml do`,
  );
}

function senderOf(event: unknown): string | undefined {
  if (!isFields(event)) return undefined;
  if ('detail-type' in event) return 'EventBridge';
  const [record] = Array.isArray(event.Records) ? event.Records : [];
  if (!isFields(record)) return undefined;
  if (record.EventSource === 'aws:sns') return 'SNS';
  return record.eventSource === 'aws:sqs' ? 'SQS' : undefined;
}
