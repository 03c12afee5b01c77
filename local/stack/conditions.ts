/** If-Match and If-None-Match. */
import S3Error from '@20minutes/s3rver/lib/models/error.js';
import type { ObjectEntry } from './object-index.ts';

/** `If-Match` and `If-None-Match` of one request. */
export interface Conditions {
  match?: string | undefined;
  noneMatch?: string | undefined;
}

/** @throws S3Error where an object that is there is not the version asked for */
export function checkRead(present: ObjectEntry, { match }: Conditions): void {
  if (match !== undefined && !names(match, present)) throw preconditionFailed('If-Match');
}

/** @throws S3Error where what is there, or that nothing is, forbids the write */
export function checkWrite(
  key: string,
  present: ObjectEntry | undefined,
  { match, noneMatch }: Conditions,
): void {
  if (match !== undefined && !present) {
    throw new S3Error('NoSuchKey', 'The specified key does not exist.', { Key: key });
  }
  if (!present) return;
  if (match !== undefined && !names(match, present)) throw preconditionFailed('If-Match');
  if (noneMatch !== undefined && names(noneMatch, present)) throw preconditionFailed('If-None-Match');
}

/** Whether a header, `*` or a list of quoted ETags, names the object's version. */
function names(header: string, { etag }: ObjectEntry): boolean {
  return header.split(',').some((tag) => tag.trim() === '*' || tag.replace(/[\s"]/g, '') === etag);
}

function preconditionFailed(condition: string): S3Error {
  const message = 'At least one of the pre-conditions you specified did not hold';
  return new S3Error('PreconditionFailed', message, { Condition: condition });
}
