/**
 * S3 Batch Operations: one invocation a photo, named by its key alone, both invocation schema versions.
 * Follows "Invoke AWS Lambda function" of the S3 user guide; keys are URL-encoded as in S3's events.
 */
import { InvalidRequest } from '../core/errors.ts';
import { decodeKey } from './events.ts';

export interface BatchOperation {
  invocationSchemaVersion: string;
  invocationId: string;
  tasks: { taskId: string; s3Key: string }[];
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

/** Tells S3 Batch Operations' events from others. @throws InvalidRequest for a schema version it does not know */
export function isBatchOperation(event: unknown): event is BatchOperation {
  const version = (event as Partial<BatchOperation> | null | undefined)?.invocationSchemaVersion;
  if (version === undefined) return false;
  if (version === '1.0' || version === '2.0') return true;
  throw new InvalidRequest(`S3 Batch Operations schema ${JSON.stringify(version)} should be "1.0" or "2.0"`);
}

/**
 * Carries out each task and answers with a result code for each: a photo that was done or refused
 * has succeeded, one that is gone has failed for good, and any other failure is to be tried again.
 */
export async function answerBatchOperation(
  event: BatchOperation,
  featurize: (photo: string) => Promise<string>,
): Promise<BatchOperationAnswer> {
  const results: BatchOperationAnswer['results'] = [];
  for (const { taskId, s3Key } of event.tasks) {
    try {
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
