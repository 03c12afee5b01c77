/** S3 ObjectRemoved → a tombstone in the table. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { clock } from './adapters/clock.ts';
import { setting } from './adapters/config.ts';
import { createFeatureStore } from './adapters/dynamodb.ts';
import { log, observed, traced } from './adapters/observability.ts';
import { parseEraseEvent } from './adapters/requests/erase.ts';
import { createPhotoStore, createS3Client } from './adapters/s3.ts';
import { erasePhoto } from './core/erase.ts';

const bucket = setting('PHOTO_BUCKET');
const ports = {
  photos: createPhotoStore(traced(createS3Client()), bucket),
  features: createFeatureStore(traced(new DynamoDBClient({})), setting('FEATURES_TABLE')),
  clock,
  log,
};

export const handler = observed(async (event: unknown): Promise<void> => {
  for (const removal of parseEraseEvent(event, bucket)) await erasePhoto(ports, removal);
});
