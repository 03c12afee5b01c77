/** The main job over a running stack: upload, featurize, reduce, copy out. */
import { mkdir } from 'node:fs/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { InvalidRequest, VergerError } from '../../functions/core/errors.ts';
import type { ReduceResult } from '../../functions/core/reduce.ts';
import { printable } from '../printable.ts';
import { CREDENTIALS } from '../stack/environment.ts';
import type { StackDescription } from '../stack/start-stack.ts';
import { type Account, accountFor } from './account.ts';
import { awaitQueue } from './await-queue.ts';
import { copySnapshot, type Manifest } from './copy-snapshot.ts';
import type { StartOptions } from './options.ts';
import type { LocalPhoto } from './photos.ts';
import { showProgress } from './progress.ts';
import { describePhotos } from './summary.ts';
import { uploadPhotos } from './upload.ts';

/**
 * Does the main job. Where reduce fails, what became of the photos is printed all the same.
 *
 * @param skipped files that were not uploaded
 * @throws VergerError `NOT_ACCOUNTED_FOR` when a photo is neither featurized nor refused in the end
 * @throws VergerError `REDUCE_FAILED` with what reduce says
 */
export async function doMainJob(
  stack: StackDescription,
  photos: LocalPhoto[],
  { reduce, out }: StartOptions,
  skipped = 0,
): Promise<{ account: Account; manifest: Manifest }> {
  const clients = connect(stack);
  const { PHOTO_BUCKET, SNAPSHOT_BUCKET, FEATURES_TABLE } = stack.variables as Record<string, string>;
  try {
    await featurize(stack, PHOTO_BUCKET!, photos);
    const keys = photos.map(({ key }) => key);
    const account = await accountFor(clients.dynamodb, FEATURES_TABLE!, keys);
    if (account.missing.length > 0) throw notAccountedFor(account.missing, photos.length);

    console.log('reducing');
    const { snapshot } = await invokeReduce(clients.lambda, stack.functions.reduce!, reduce).catch(
      (error) => {
        console.log(`\n${describePhotos(account, skipped)}\n`);
        throw error;
      },
    );
    return { account, manifest: await copySnapshot(clients.s3, SNAPSHOT_BUCKET!, snapshot, out) };
  } finally {
    for (const client of Object.values(clients)) client.destroy();
  }
}

/** Makes the folder for the snapshot. @throws InvalidRequest where it cannot be one */
export async function makeOutFolder(out: string): Promise<void> {
  await mkdir(out, { recursive: true }).catch((cause: Error) => {
    throw new InvalidRequest(`${out} (--out) cannot be made a folder: ${cause.message}`, { cause });
  });
}

function connect({ endpoints, region }: StackDescription) {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = CREDENTIALS;
  const common = { region, credentials: { accessKeyId, secretAccessKey } };
  return {
    s3: new S3Client({
      ...common,
      endpoint: endpoints.s3,
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    }),
    dynamodb: new DynamoDBClient({ ...common, endpoint: endpoints.dynamodb }),
    // A reduce of many photos takes minutes, and is not to be begun anew because of that.
    lambda: new LambdaClient({ ...common, endpoint: endpoints.lambda, maxAttempts: 1 }),
  };
}

async function featurize(
  { endpoints }: StackDescription,
  bucket: string,
  photos: LocalPhoto[],
): Promise<void> {
  const showFeaturized = showProgress('featurized');
  let uploaded = 0;
  const uploading = uploadPhotos(endpoints.s3, bucket, photos, () => uploaded++);
  const queue = await Promise.race([
    awaitQueue(endpoints.lambda, uploading, (pending, refused) => {
      const done = Math.max(0, uploaded - pending);
      showFeaturized(done, photos.length, Math.min(refused, done));
    }),
    uploading.then(() => new Promise<never>(() => {})),
  ]);
  if (queue.failed === 0) return;
  const errors = [
    ...new Set(queue.failures.map(({ functionKey, error }) => `${functionKey}: ${printable(error)}`)),
  ];
  throw new VergerError(
    'NOT_ACCOUNTED_FOR',
    `${queue.failed} invocations failed for good:\n${errors.slice(0, 5).join('\n')}`,
  );
}

async function invokeReduce(client: LambdaClient, name: string, request: object): Promise<ReduceResult> {
  const { FunctionError, Payload } = await client.send(
    new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(request) }),
  );
  const answer = JSON.parse(Buffer.from(Payload ?? []).toString()) as ReduceResult & {
    errorMessage?: string;
  };
  if (FunctionError === undefined) return answer;
  throw new VergerError('REDUCE_FAILED', `reduce failed: ${answer.errorMessage}`);
}

function notAccountedFor(missing: string[], of: number): VergerError {
  const shown = missing.slice(0, 5).map(printable).join('\n');
  return new VergerError(
    'NOT_ACCOUNTED_FOR',
    `${missing.length} of ${of} photos are neither featurized nor refused, among them:\n${shown}`,
  );
}
