/**
 * S3 event records, as S3 sends them to Lambda.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
 */

/** What happened to one object. */
export interface ObjectChange {
  kind: 'Put' | 'Post' | 'CompleteMultipartUpload' | 'Copy' | 'Delete';
  bucket: string;
  /** Not encoded. */
  key: string;
  sequencer: string;
  /** Milliseconds since the epoch. */
  time: number;
  /** Absent after a deletion. */
  bytes?: number;
  /** MD5 in hexadecimal, without quotes; absent after a deletion. */
  etag?: string;
}

/** S3's name of the change, as event filters spell it after `s3:`. */
export function eventName(kind: ObjectChange['kind']): string {
  return kind === 'Delete' ? 'ObjectRemoved:Delete' : `ObjectCreated:${kind}`;
}

/** Builds the event of one change: one record, as S3 sends it. */
export function s3Event(change: ObjectChange, region: string): { Records: object[] } {
  const { kind, bucket, key, bytes, etag, sequencer } = change;
  const record = {
    eventVersion: '2.1',
    eventSource: 'aws:s3',
    awsRegion: region,
    eventTime: new Date(change.time).toISOString(),
    eventName: eventName(kind),
    userIdentity: { principalId: 'AWS:LOCAL' },
    requestParameters: { sourceIPAddress: '127.0.0.1' },
    responseElements: { 'x-amz-request-id': sequencer.slice(-16), 'x-amz-id-2': 'local' },
    s3: {
      s3SchemaVersion: '1.0',
      configurationId: 'local',
      bucket: { name: bucket, ownerIdentity: { principalId: 'LOCAL' }, arn: `arn:aws:s3:::${bucket}` },
      object: {
        key: encodeKey(key),
        ...(kind === 'Delete' ? {} : { size: bytes, eTag: etag }),
        sequencer,
      },
    },
  };
  return { Records: [record] };
}

/** Encodes a key as S3 does in events: form encoding, a space as `+`, slashes kept. */
export function encodeKey(key: string): string {
  return encodeURIComponent(key)
    .replace(/%2F/g, '/')
    .replace(/%20/g, '+')
    .replace(/[!'()~]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

/**
 * Counts up from the clock, so that numbers stay in order over a restart too.
 *
 * Each is 18 hexadecimal digits, as S3's usually are: milliseconds since the epoch, then a counter.
 *
 * @param floor a sequencer that every one given out must exceed, for a clock that was set back; empty: none
 */
export function createSequencer(now: () => number, floor = ''): () => string {
  let last = BigInt(`0x0${floor}`);
  return () => {
    const fromClock = BigInt(now()) << COUNTER_BITS;
    last = fromClock > last ? fromClock : last + 1n;
    return last.toString(16).toUpperCase().padStart(DIGITS, '0');
  };
}

const COUNTER_BITS = 24n;
const DIGITS = 18;
