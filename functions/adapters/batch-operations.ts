/**
 * S3 Batch Operations: photos named by their keys alone, one or more an invocation, both invocation schema versions.
 * Follows "Invoke AWS Lambda function" of the S3 user guide; keys are URL-encoded as in S3's events.
 */
import { InvalidRequest } from '../core/errors.ts';
import type { BatchResult } from '../core/featurize-batch.ts';
import type { KeyRequest } from '../core/ports.ts';
import { preview } from '../core/preview.ts';
import { type Fields, isFields, textIn } from './requests/fields.ts';
import { checkBucket, decodeKey } from './requests/s3-records.ts';

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
 * Whether an event is from S3 Batch Operations.
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
 * Carries out the tasks and answers with a result code for each. A photo that was featurized, refused or skipped has
 * succeeded; one that is gone, lies in another bucket or has a key that cannot be decoded has failed for good; any
 * other failure, or lack of time, is to be retried.
 *
 * @param bucket that the photos must be in
 * @param featurize featurizes photos by their keys and returns what became of each
 */
export async function answerBatchOperation(
  event: BatchOperation,
  bucket: string,
  featurize: (requests: KeyRequest[]) => Promise<BatchResult[]>,
): Promise<BatchOperationAnswer> {
  const tasks = event.tasks.map((task) => ({ taskId: task.taskId, key: keyOf(task, bucket) }));
  const requests = tasks.flatMap(({ key }) =>
    key instanceof InvalidRequest ? [] : [{ key, version: 'current' as const }],
  );
  const results = new Map((await featurize(requests)).map((result) => [result.request.key, result]));
  return {
    invocationSchemaVersion: event.invocationSchemaVersion,
    treatMissingKeysAs: 'TemporaryFailure',
    invocationId: event.invocationId,
    results: tasks.map(({ taskId, key }) => ({
      taskId,
      ...(key instanceof InvalidRequest
        ? { resultCode: 'PermanentFailure', resultString: String(key) }
        : toAnswer(results.get(key))),
    })),
  };
}

function toAnswer(result: BatchResult | undefined): Omit<BatchOperationAnswer['results'][number], 'taskId'> {
  if (result?.state === 'done') {
    const { status } = result.outcome;
    return { resultCode: status === 'superseded' ? 'PermanentFailure' : 'Succeeded', resultString: status };
  }
  const why = result?.state === 'failed' ? String(result.error) : 'the time of this invocation ran out';
  return { resultCode: 'TemporaryFailure', resultString: why };
}

/** The key of the photo a task is for, or what is wrong with the task. */
function keyOf(task: BatchOperation['tasks'][number], bucket: string): string | InvalidRequest {
  try {
    checkBucket(bucketOf(task), bucket);
    return decodeKey(task.s3Key);
  } catch (error) {
    if (error instanceof InvalidRequest) return error;
    throw error;
  }
}

function bucketOf(task: Fields): string {
  if (task.s3Bucket !== undefined) return textIn(task, 's3Bucket', 'tasks[]');
  return textIn(task, 's3BucketArn', 'tasks[]').replace(/^arn:[^:]*:s3:::/, '');
}
