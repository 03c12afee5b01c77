/** On demand: `{ "prefix": "fruits/" }` → featurize is invoked for the photos that are not featurized yet. */
import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import type { Context } from 'aws-lambda';
import { createBackfillRuns } from './adapters/backfill-runs.ts';
import { clock } from './adapters/clock.ts';
import { photoScope, setting } from './adapters/config.ts';
import { createFeatureStore } from './adapters/dynamodb.ts';
import { createBackfillQueue } from './adapters/lambda.ts';
import { readModelId } from './adapters/model.ts';
import { log, observed, traced } from './adapters/observability.ts';
import { parseBackfillEvent } from './adapters/requests/backfill.ts';
import { createPhotoStore, createS3Client } from './adapters/s3.ts';
import { backfill } from './core/backfill.ts';
import type { BackfillRun } from './core/ports.ts';

const s3 = traced(createS3Client());
const ports = {
  photos: createPhotoStore(s3, setting('PHOTO_BUCKET')),
  runs: createBackfillRuns(s3, setting('SNAPSHOT_BUCKET')),
  scope: photoScope(),
  features: createFeatureStore(traced(new DynamoDBClient({})), setting('FEATURES_TABLE')),
  clock,
  id: () => randomUUID().slice(0, 8),
  log,
};
const lambda = traced(new LambdaClient({}));
const readingModel = readModelId(setting('MODEL_PATH'));

/** Time kept back to finish the page in hand and to answer. */
const RESERVE_MS = 60_000;

export const handler = observed(async (event: unknown, context: Context): Promise<BackfillRun> => {
  const names = { featurize: setting('FEATURIZE_FUNCTION'), backfill: context.functionName };
  const queue = createBackfillQueue(lambda, names);
  const outOfTime = () => context.getRemainingTimeInMillis() < RESERVE_MS;
  return backfill({ ...ports, queue, model: await readingModel, outOfTime }, parseBackfillEvent(event));
});
