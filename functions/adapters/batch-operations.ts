/**
 * S3 Batch Operations: one invocation a photo, named by its key alone, both invocation schema versions.
 * Follows "Invoke AWS Lambda function" of the S3 user guide; keys are URL-encoded as in S3's events.
 */
import { InvalidRequest } from '../core/errors.ts';
import { preview } from '../core/preview.ts';
import { type Fields, isFields, textIn } from './fields.ts';
import { checkBucket, decodeKey } from './s3-records.ts';

export interface BatchOperation {
  invocationSchemaVersion: string;
  invocationId: string;
  /** A task names its bucket in `s3Bucket` (schema 2.0) or `s3BucketArn` (1.0). */
  tasks: (Fields & { taskId: string; s3Key: string })[];
}

export interface BatchOperationAnswer {
  invocationSchemaVersion: string;
  treatMissingKeysAs: 'TemporaryFailure';
  invocationId: string;
  results: {
    taskId: string;
    resultCode: 'Succeeded' | 'TemporaryFailure' | 'PermanentFailure';
    resultString: string;
  }[];
}

/**
 * Tells S3 Batch Operations' events from others.
 *
 * @throws InvalidRequest for a schema version it does not know, and for an event or task that cannot be answered
 */
export function isBatchOperation(event: unknown): event is BatchOperation {
  if (!isFields(event) || event.invocationSchemaVersion === undefined) return false;
  const { invocationSchemaVersion: version, tasks } = event;
  if (version !== '1.0' && version !== '2.0') {
    throw new InvalidRequest(`S3 Batch Operations schema ${preview(version)} should be "1.0" or "2.0"`);
  }
  textIn(event, 'invocationId', 'S3 Batch Operations event');
  if (!Array.isArray(tasks) || tasks.length === 0) {
    throw new InvalidRequest(
      `S3 Batch Operations event.tasks should be a list of tasks, is ${preview(tasks)}`,
    );
  }
  for (const task of tasks) {
    textIn(task, 'taskId', 'tasks[]');
    textIn(task, 's3Key', 'tasks[]');
  }
  return true;
}

/**
 * Carries out each task and answers with a result code for each: a photo that was done or refused has succeeded, one
 * that is gone, or in another bucket, has failed for good, and any other failure is to be tried again.
 *
 * @param bucket that the photos must be in
 */
export async function answerBatchOperation(
  event: BatchOperation,
  bucket: string,
  featurize: (photo: string) => Promise<string>,
): Promise<BatchOperationAnswer> {
  const results: BatchOperationAnswer['results'] = [];
  for (const task of event.tasks) {
    const { taskId, s3Key } = task;
    try {
      checkBucket(bucketOf(task), bucket);
      const status = await featurize(decodeKey(s3Key));
      const resultCode = status === 'superseded' ? 'PermanentFailure' : 'Succeeded';
      results.push({ taskId, resultCode, resultString: status });
    } catch (error) {
      const resultCode = error instanceof InvalidRequest ? 'PermanentFailure' : 'TemporaryFailure';
      results.push({ taskId, resultCode, resultString: String(error) });
    }
  }
  return {
    invocationSchemaVersion: event.invocationSchemaVersion,
    treatMissingKeysAs: 'TemporaryFailure',
    invocationId: event.invocationId,
    results,
  };
}

function bucketOf(task: Fields): string {
  if (task.s3Bucket !== undefined) return textIn(task, 's3Bucket', 'tasks[]');
  return textIn(task, 's3BucketArn', 'tasks[]').replace(/^arn:[^:]*:s3:::/, '');
}
