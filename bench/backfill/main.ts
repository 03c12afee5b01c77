/**
 * A backfill's batches of 25 small photos, from stores that take their time: what waiting for them costs. The former
 * loop, which took one photo after the other, runs beside the present one in turns.
 */
import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { clock } from '../../functions/adapters/clock.ts';
import { createFeatureStore } from '../../functions/adapters/dynamodb.ts';
import { openSession } from '../../functions/adapters/onnx.ts';
import { createPhotoStore, createS3Client } from '../../functions/adapters/s3.ts';
import { featurizePhoto } from '../../functions/core/featurize.ts';
import { featurizePhotos } from '../../functions/core/featurize-batch.ts';
import { decodePhoto } from '../../functions/core/photo/photo.ts';
import type { BackfillRequest } from '../../functions/core/ports.ts';
import { samplePhotos } from '../../local/run/photos.ts';
import { awsVariables } from '../../local/stack/environment.ts';
import { ensureModel } from '../../model/ensure-model.ts';
import { median, processorMilliseconds } from '../measure.ts';

const BATCH = 25;
const ROUNDS = 7;
/** Milliseconds until each store answers. */
const DELAYS = { GetObject: 20, PutItem: 5, BatchGetItem: 5 };
const TARGET = 0.45;

interface Cost {
  wall: number;
  processor: number;
}

/** Prints milliseconds a photo, by round, and the ratio. */
export async function run(): Promise<void> {
  const model = await ensureModel();
  const photos = (await samplePhotos()).slice(0, BATCH).map(({ path, key }) => ({ path, key }));
  console.log(
    `backfill: batches of ${BATCH} photos of 100×100, GET after ${DELAYS.GetObject} ms, PUT after ${DELAYS.PutItem} ms, ${model.id}`,
  );
  const stores = fork(new URL('./slow-stores.ts', import.meta.url), { execArgv: ['--import', 'tsx'] });
  stores.send({ delays: DELAYS, photos });
  const [endpoint] = (await once(stores, 'message')) as [string];
  try {
    Object.assign(
      process.env,
      awsVariables({ s3: endpoint, dynamodb: endpoint, lambda: endpoint }, 'eu-west-1'),
    );
    const { former, present } = await loops(model.path, photos);
    await former();
    await present(); // both are warm
    const rounds: { former: Cost; present: Cost }[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      rounds.push({ former: await timed(former), present: await timed(present) });
    }
    print(rounds);
  } finally {
    stores.kill();
  }
}

async function loops(modelPath: string, photos: { path: string; key: string }[]) {
  const fast = { cacheMiddleware: true };
  const ports = {
    photos: createPhotoStore(createS3Client(fast), 'photos'),
    features: createFeatureStore(new DynamoDBClient(fast), 'features'),
    session: await openSession(modelPath),
    decode: decodePhoto,
    limits: { maxBytes: 50_000_000, maxPixels: 65_000_000 },
    scope: { prefix: '', suffix: '' },
    deadline: { left: () => 60_000, at: () => () => {} },
    queue: { featurize: () => Promise.reject(new Error('there is time enough')) },
    log: { info() {}, warn() {} },
    clock,
  };
  const requests = photos.map(({ path, key }): BackfillRequest => {
    return { key, etag: createHash('md5').update(readFileSync(path)).digest('hex') };
  });
  const check = (outcomes: { status: string }[]) => {
    if (outcomes.length === BATCH && outcomes.every(({ status }) => status === 'featurized')) return;
    throw new Error(`not every photo was featurized: ${JSON.stringify(outcomes)}`);
  };
  return {
    async former() {
      const outcomes = [];
      for (const request of requests) outcomes.push(await featurizePhoto(ports, request));
      check(outcomes);
    },
    present: async () => check(await featurizePhotos(ports, requests)),
  };
}

/** Milliseconds a photo of four batches. */
async function timed(batch: () => Promise<void>): Promise<Cost> {
  const batches = 4;
  const usage = process.cpuUsage();
  const start = performance.now();
  for (let i = 0; i < batches; i++) await batch();
  const wall = (performance.now() - start) / (batches * BATCH);
  return { wall, processor: processorMilliseconds(usage) / (batches * BATCH) };
}

function print(rounds: { former: Cost; present: Cost }[]): void {
  console.log(
    'milliseconds a photo      wall, one after the other    wall, now    ratio    processor, before    now',
  );
  const line = (name: string, { former, present }: { former: Cost; present: Cost }) =>
    console.log(
      `${name.padEnd(26)}${former.wall.toFixed(1).padStart(24)}${present.wall.toFixed(1).padStart(13)}` +
        `${(present.wall / former.wall).toFixed(2).padStart(9)}${former.processor.toFixed(1).padStart(21)}` +
        `${present.processor.toFixed(1).padStart(7)}`,
    );
  rounds.forEach((round, index) => void line(`round ${index + 1}`, round));
  const medianOf = (side: 'former' | 'present', what: keyof Cost) =>
    median(rounds.map((round) => round[side][what]));
  const cost = (side: 'former' | 'present') => ({
    wall: medianOf(side, 'wall'),
    processor: medianOf(side, 'processor'),
  });
  line('median', { former: cost('former'), present: cost('present') });
  const ratio = median(rounds.map(({ former, present }) => present.wall / former.wall));
  console.log(`wall time now : before       ${ratio.toFixed(2)}, target at most ${TARGET}`);
}
