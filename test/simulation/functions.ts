/** The four functions as their handlers build them, over clients that the simulation answers. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { S3Client } from '@aws-sdk/client-s3';
import { createBackfillRuns } from '../../functions/adapters/backfill-runs.ts';
import { answerBatchOperation, isBatchOperation } from '../../functions/adapters/batch-operations.ts';
import { createFeatureStore } from '../../functions/adapters/dynamodb.ts';
import { createBackfillQueue, createFeaturizeQueue } from '../../functions/adapters/lambda.ts';
import { parseBackfillEvent } from '../../functions/adapters/requests/backfill.ts';
import { parseEraseEvent } from '../../functions/adapters/requests/erase.ts';
import { parseFeaturizeEvent } from '../../functions/adapters/requests/featurize.ts';
import { parseReduceEvent } from '../../functions/adapters/requests/reduce.ts';
import { createPhotoStore } from '../../functions/adapters/s3.ts';
import { createSnapshotStore } from '../../functions/adapters/snapshots.ts';
import { createTableStore } from '../../functions/adapters/table-store.ts';
import { backfill } from '../../functions/core/backfill.ts';
import { erasePhoto, type Removal } from '../../functions/core/erase.ts';
import { TooFewRows } from '../../functions/core/errors.ts';
import { featurizeBatch, featurizePhotos } from '../../functions/core/featurize-batch.ts';
import { plainMatrixProducts } from '../../functions/core/pca/matrix.ts';
import type { PhotoScope } from '../../functions/core/photo/photo-key.ts';
import type {
  BackfillQueue,
  Clock,
  Deadline,
  FeatureStore,
  Log,
  PhotoStore,
  SnapshotStore,
} from '../../functions/core/ports.ts';
import { reduceFeatures } from '../../functions/core/reduce/reduce.ts';
import type { Item } from './model/condition.ts';
import type { FunctionSettings } from './model/lambda.ts';
import { decode, LIMITS, sessionOf } from './photos.ts';

export const PHOTOS = 'photos';
export const SNAPSHOTS = 'snapshots';
export const TABLE = 'features';

export type FunctionName = 'featurize' | 'erase' | 'backfill' | 'reduce';

/** As serverless.yml declares them. */
export const FUNCTIONS: Record<FunctionName, FunctionSettings> = {
  featurize: { timeout: 60_000, retries: 2, maximumAge: 6 * 3600_000, spared: 0 },
  erase: { timeout: 30_000, retries: 2, maximumAge: 6 * 3600_000, spared: 0 },
  backfill: { timeout: 900_000, retries: 2, maximumAge: 6 * 3600_000, spared: 0.5 },
  reduce: { timeout: 900_000, retries: 1, maximumAge: 6 * 3600_000, spared: 0.8 },
};

const NAMES = { featurize: 'featurize', backfill: 'backfill' };

/** What one attempt of a function runs with. */
export interface Environment {
  /** What the deployed code was given. */
  model: string;
  bucket: string;
  scope: PhotoScope;
  s3: S3Client;
  dynamodb: DynamoDBClient;
  lambda: LambdaClient;
  clock: Clock;
  log: Log;
  /** A short text that no other attempt has. */
  id: string;
  deadline: Deadline;
  /** Asked by backfill after each page. */
  outOfTime: () => boolean;
  /** For planted faults, which know more than the core. */
  stored: (key: string) => StoredAndListed;
  /** On local disk, for reduce. */
  temporaryDirectory: string;
}

/** What is wrong on purpose: a fault planted into what the core is given or asks for. Each changes one thing. */
export interface Plant {
  /** The fault, in a few words. */
  name: string;
  event?(event: unknown): unknown;
  removal?(removal: Removal): Removal;
  /** A request on its way to AWS: the input of the SDK's command. */
  request?(input: Fields): Fields;
  photos?(store: PhotoStore): PhotoStore;
  features?(store: FeatureStore, clock: Clock): FeatureStore;
  queue?(queue: BackfillQueue, stored: (key: string) => StoredAndListed): BackfillQueue;
  snapshots?(store: SnapshotStore): SnapshotStore;
  /** Milliseconds until an item that has expired is dropped. */
  expiryDelay?: number;
}

type Fields = Record<string, unknown>;

/** A photo's item in the table, and its object in the bucket. */
export interface StoredAndListed {
  item: Item | undefined;
  /** Milliseconds since the epoch. */
  lastModified: number;
}

/** Runs one function's code on an event. */
export async function runFunction(
  name: FunctionName,
  given: unknown,
  environment: Environment,
  plant: Plant = { name: 'none' },
): Promise<unknown> {
  const { model, bucket, scope, s3, dynamodb, lambda, clock, log, id } = environment;
  const photos = (plant.photos ?? asItIs)(createPhotoStore(s3, bucket));
  const features = (plant.features ?? asItIs)(createFeatureStore(dynamodb, TABLE), clock);
  const event = (plant.event ?? asItIs)(given);

  if (name === 'featurize') {
    const { deadline } = environment;
    const session = sessionOf(model);
    const ports = { photos, features, scope, decode, session, limits: LIMITS, deadline, clock, log };
    if (isBatchOperation(event)) {
      return answerBatchOperation(event, bucket, (requests) => featurizeBatch(ports, requests));
    }
    const queue = createFeaturizeQueue(lambda, NAMES.featurize);
    return featurizePhotos({ ...ports, queue }, parseFeaturizeEvent(event, bucket));
  }
  if (name === 'erase') {
    for (const removal of parseEraseEvent(event, bucket)) {
      await erasePhoto({ photos, features, clock, log }, (plant.removal ?? asItIs)(removal));
    }
    return undefined;
  }
  if (name === 'backfill') {
    const { outOfTime } = environment;
    const queue = (plant.queue ?? asItIs)(createBackfillQueue(lambda, NAMES), environment.stored);
    const runs = createBackfillRuns(s3, SNAPSHOTS);
    const ports = { photos, features, queue, runs, scope, model, outOfTime, clock, id: () => id, log };
    return backfill(ports, parseBackfillEvent(event));
  }
  const snapshots = (plant.snapshots ?? asItIs)(createSnapshotStore(s3, SNAPSHOTS));
  const { temporaryDirectory } = environment;
  const { options } = parseReduceEvent(event);
  try {
    const ports = {
      features,
      snapshots,
      products: plainMatrixProducts,
      clock,
      log,
      id: () => id,
      temporaryDirectory,
      table: createTableStore(s3, SNAPSHOTS),
      snapshotDays: 30,
    };
    return await reduceFeatures({ ...ports, software: 'verger 0.0.0' }, options);
  } catch (error) {
    if (error instanceof TooFewRows) return { skipped: error.message };
    throw error;
  }
}

function asItIs<T>(value: T): T {
  return value;
}
