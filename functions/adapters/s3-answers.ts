/** What S3 says where an object is missing, or another writer was faster. */
import { PutObjectCommand, type PutObjectCommandInput, type S3Client } from '@aws-sdk/client-s3';

/** Times that S3 may say that somebody else writes the same object just now. */
const CONFLICTS = 5;

/**
 * Puts an object where there is none.
 *
 * @returns false where there is one, which stays
 */
export async function writeOnce(client: S3Client, parameters: PutObjectCommandInput): Promise<boolean> {
  for (let attempt = 1; ; attempt++) {
    try {
      await client.send(new PutObjectCommand({ ...parameters, IfNoneMatch: '*' }));
      return true;
    } catch (error) {
      if (hasStatus(error, 412)) return false;
      if (!hasStatus(error, 409) || attempt === CONFLICTS) throw error;
    }
  }
}

/** Undefined where the object, or the version asked for, is not there any more; a bucket that is not there throws. */
export async function unlessGone<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isMissingKey(error) || hasStatus(error, 412)) return undefined;
    throw error;
  }
}

/** False where a conditional write lost a race (409, 412), or what it was to replace is gone. */
export async function unlessOvertaken(answer: Promise<unknown>): Promise<boolean> {
  try {
    await answer;
    return true;
  } catch (error) {
    if (isMissingKey(error) || hasStatus(error, 409, 412)) return false;
    throw error;
  }
}

export function hasStatus(error: unknown, ...statuses: number[]): boolean {
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
  return status !== undefined && statuses.includes(status);
}

/** Whether S3 says that it is the key that is missing, and not the bucket: both are 404. */
function isMissingKey(error: unknown): boolean {
  return (error as { name?: string }).name === 'NoSuchKey';
}
