/** S3 ObjectCreated or ObjectRestore, backfill or S3 Batch Operations → features in the table.
 */
import type { Context } from 'aws-lambda';
import {
  answerBatchOperation,
  type BatchOperationAnswer,
  isBatchOperation,
} from './adapters/batch-operations.ts';
import { clock, deadlineOf } from './adapters/clock.ts';
import { photoScope, setting, wholeNumberSetting } from './adapters/config.ts';
import { createFeatureStore } from './adapters/dynamodb.ts';
import { log, observed, traced } from './adapters/observability.ts';
import { openSession } from './adapters/onnx.ts';
import { createPatientDynamoDBClient } from './adapters/patient-dynamodb.ts';
import { parseFeaturizeEvent } from './adapters/requests/featurize.ts';
import { createPhotoStore, createS3Client } from './adapters/s3.ts';
import type { FeaturizeOutcome } from './core/featurize.ts';
import { featurizeBatch, featurizePhotos } from './core/featurize-batch.ts';
import { decodePhoto } from './core/photo/photo.ts';
import type { FeaturizeQueue } from './core/ports.ts';

// Saves a sixth of a call's processor time. Calls of one kind then share what they know of their endpoint, also at
// the same time, so this is for one bucket and one table.
const fast = { cacheMiddleware: true };

const bucket = setting('PHOTO_BUCKET');
const ports = {
  photos: createPhotoStore(traced(createS3Client(fast)), bucket),
  features: createFeatureStore(traced(createPatientDynamoDBClient(fast)), setting('FEATURES_TABLE')),
  scope: photoScope(),
  decode: decodePhoto,
  limits: {
    maxBytes: wholeNumberSetting('MAX_PHOTO_BYTES'),
    maxPixels: wholeNumberSetting('MAX_PHOTO_PIXELS'),
  },
  clock,
  log,
};
const opening = openSession(setting('MODEL_PATH'));

export const handler = observed(
  async (event: unknown, context: Context): Promise<FeaturizeOutcome[] | BatchOperationAnswer> => {
    const batch = { ...ports, session: await opening, deadline: deadlineOf(context) };
    if (isBatchOperation(event)) {
      return answerBatchOperation(event, bucket, (requests) => featurizeBatch(batch, requests));
    }
    const queue = queueFor(context.functionName);
    return featurizePhotos({ ...batch, queue }, parseFeaturizeEvent(event, bucket));
  },
);

/** Hands photos on to other invocations of this function; its client is loaded only then. */
function queueFor(functionName: string): FeaturizeQueue {
  return {
    async featurize(requests) {
      const { LambdaClient } = await import('@aws-sdk/client-lambda');
      const { createFeaturizeQueue } = await import('./adapters/lambda.ts');
      await createFeaturizeQueue(traced(new LambdaClient({})), functionName).featurize(requests);
    },
  };
}
