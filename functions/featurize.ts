/** S3 ObjectCreated, backfill or S3 Batch Operations → features in the table. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  answerBatchOperation,
  type BatchOperationAnswer,
  isBatchOperation,
} from './adapters/batch-operations.ts';
import { clock } from './adapters/clock.ts';
import { photoScope, setting, wholeNumberSetting } from './adapters/config.ts';
import { createFeatureStore } from './adapters/dynamodb.ts';
import { parseFeaturizeEvent } from './adapters/events.ts';
import { log, observed, traced } from './adapters/observability.ts';
import { openSession } from './adapters/onnx.ts';
import { createPhotoStore, createS3Client } from './adapters/s3.ts';
import { type FeaturizeOutcome, featurizeByKey, featurizePhotos } from './core/featurize.ts';
import { decodePhoto } from './core/photo/photo.ts';

// A sixth of the processor time of a call. Calls of one kind then share what they know of their endpoint, so this is
// for one bucket and one table, one call after the other.
const fast = { cacheMiddleware: true };

const bucket = setting('PHOTO_BUCKET');
const ports = {
  photos: createPhotoStore(traced(createS3Client(fast)), bucket),
  features: createFeatureStore(traced(new DynamoDBClient(fast)), setting('FEATURES_TABLE')),
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
  async (event: unknown): Promise<FeaturizeOutcome[] | BatchOperationAnswer> => {
    const session = await opening;
    if (isBatchOperation(event)) {
      return answerBatchOperation(event, bucket, (photo) => featurizeByKey({ ...ports, session }, photo));
    }
    return featurizePhotos({ ...ports, session }, parseFeaturizeEvent(event, bucket));
  },
);
