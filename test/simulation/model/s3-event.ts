/**
 * S3's event messages, and the sequencers in them.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
 */
import { encodeKey } from '../../../local/stack/s3/s3-event.ts';
import type { Random } from '../random.ts';
import type { Change } from './bucket.ts';

/** The message about one change, as Lambda gets it. */
export function s3Event(bucket: string, change: Change, sequencer: string, time: number): object {
  const { name, key, versionId, etag, bytes } = change;
  return {
    Records: [
      {
        eventVersion: '2.1',
        eventSource: 'aws:s3',
        awsRegion: 'eu-west-1',
        eventTime: new Date(time).toISOString(),
        eventName: name,
        s3: {
          s3SchemaVersion: '1.0',
          configurationId: 'simulated',
          bucket: { name: bucket, arn: `arn:aws:s3:::${bucket}` },
          object: {
            key: encodeKey(key),
            ...(bytes !== undefined && { size: bytes }),
            ...(etag !== undefined && { eTag: etag }),
            ...(versionId !== undefined && { versionId }),
            // S3 gives one to what puts or deletes an object.
            ...(!name.startsWith('ObjectRestore') && { sequencer }),
          },
        },
      },
    ],
  };
}

/**
 * The next sequencer of a bucket: hexadecimal, of differing lengths. Two of one key are in order once the shorter is
 * padded with zeros on its right.
 *
 * @param count larger than that of every event before
 */
export function sequencer(count: number, random: Random): string {
  const digits = count.toString(16).toUpperCase().padStart(14, '0');
  return (
    digits + Array.from({ length: random.int(7) }, () => random.int(16).toString(16).toUpperCase()).join('')
  );
}
