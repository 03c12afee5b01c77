import type { Removal } from '../../core/erase.ts';
import { sequencerIn } from './fields.ts';
import { OBJECT, parseRecords } from './s3-records.ts';

/**
 * The photos that an event says were removed: by somebody (S3's ObjectRemoved records) or by the bucket's lifecycle
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
