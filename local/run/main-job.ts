/** The main job over a running stack: upload, featurize, reduce, copy out. */
import { setTimeout } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { DescribeExecutionCommand, SFNClient } from '@aws-sdk/client-sfn';
import { createFeatureStore } from '../../functions/adapters/dynamodb.ts';
import { createPhotoStore } from '../../functions/adapters/s3.ts';
import { VergerError } from '../../functions/core/errors.ts';
import type { ReduceResult } from '../../functions/core/reduce/publish.ts';
import { type Progress, showProgress } from '../../model/progress.ts';
import { printable } from '../printable.ts';
import { CREDENTIALS } from '../stack/environment.ts';
import type { StackDescription } from '../stack/start-stack.ts';
import { type Account, accountFor, photosDone, readOutcomes } from './account.ts';
import { awaitQueue } from './await-queue.ts';
import { copySnapshot } from './copy-snapshot.ts';
import { followReduce } from './follow-reduce.ts';
import type { StartOptions } from './options.ts';
import type { Manifest } from './out-folder.ts';
import { type LocalPhoto, type SkippedFile, tellSkipped } from './photos.ts';
import { describePhotos } from './summary.ts';
import { uploadPhotos } from './upload.ts';

/**
 * Does the main job. Where reduce fails, what became of the photos is printed all the same.
 *
 * @param model id of the model that featurizes: photos featurized by another are featurized again
 * @param skipped files that were not uploaded
 * @throws VergerError `NOT_ACCOUNTED_FOR` when a photo is neither featurized nor refused in the end
 * @throws VergerError `REDUCE_FAILED` with what reduce says
 */
export async function doMainJob(
  stack: StackDescription,
  photos: LocalPhoto[],
  { reduce, out, keep }: StartOptions,
  model: string,
  skipped: readonly SkippedFile[] = [],
): Promise<{ account: Account; manifest: Manifest; notUploaded: number }> {
  const clients = connect(stack);
  const { PHOTO_BUCKET, SNAPSHOT_BUCKET, FEATURES_TABLE } = stack.variables as Record<string, string>;
  const progress = showProgress('featurized');
  try {
    const bucket = createPhotoStore(clients.s3, PHOTO_BUCKET!);
    const table = createFeatureStore(clients.dynamodb, FEATURES_TABLE!);
    const findDone = async () => (keep ? photosDone(bucket, table, photos, model) : new Map());
    const unread = await featurize(stack, photos, findDone, progress);
    if (unread.length > 0)
      console.log(tellSkipped(unread.map(({ key, why }) => ({ name: printable(key), why }))));
    const notUploaded = skipped.length + unread.length;
    const isUnread = new Set(unread.map(({ key }) => key));
    const uploaded = photos.filter(({ key }) => !isUnread.has(key));
    const account = accountFor(uploaded, await readOutcomes(clients.dynamodb, FEATURES_TABLE!));
    if (account.missing.length > 0) throw notAccountedFor(account.missing, uploaded.length);

    console.log('reducing');
    const reducing = invokeReduce(clients, stack.functions.reduce!, reduce);
    const { snapshot } = await followReduce(stack.log, (line) => console.log(`  ${line}`), reducing).catch(
      (error) => {
        console.log(`\n${describePhotos(account, notUploaded)}\n`);
        throw error;
      },
    );
    const manifest = await copySnapshot(clients.s3, SNAPSHOT_BUCKET!, snapshot, out);
    return { account, manifest, notUploaded };
  } finally {
    progress.stop();
    for (const client of Object.values(clients)) client.destroy();
  }
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
    // A reduce of many photos takes minutes: it must not be sent again meanwhile.
    lambda: new LambdaClient({ ...common, endpoint: endpoints.lambda, maxAttempts: 1 }),
    stepFunctions: new SFNClient({ ...common, endpoint: endpoints.lambda }),
  };
}

/**
 * Uploads the photos that are not done yet, and waits until all are, what an earlier run has left in the queue first.
 *
 * @param findDone whether it was refused, for each photo that needs nothing more
 * @returns the photos that could not be read
 */
async function featurize(
  { endpoints, variables }: StackDescription,
  photos: LocalPhoto[],
  findDone: () => Promise<Map<string, boolean>>,
  progress: Progress,
): Promise<{ key: string; why: string }[]> {
  const unread: { key: string; why: string }[] = [];
  let done = await findDone();
  const show = (finished: number, pending: number, refused: number) => {
    const total = photos.length - unread.length;
    const all = Math.max(0, Math.min(done.size + finished, total - pending));
    const doneRefused = [...done.values()].filter((isRefused) => isRefused).length;
    progress.update(all, total, Math.min(doneRefused + refused, all));
  };
  let left: number | undefined;
  const before = await awaitQueue(endpoints.lambda, Promise.resolve(), (pending, refused) => {
    left ??= pending;
    if (pending > 0) show(left - pending, pending, refused);
  });
  done = await findDone();

  let uploaded = 0;
  const rest = photos.filter(({ key }) => !done.has(key));
  const uploading = uploadPhotos(endpoints.s3, variables.PHOTO_BUCKET!, rest, ({ key }, why) => {
    if (why === undefined) uploaded++;
    else unread.push({ key, why });
  });
  const queue = await awaitQueue(endpoints.lambda, uploading, (pending, refused) =>
    show(uploaded - pending, pending, refused - before.refused),
  );
  if (queue.failed === before.failed) return unread;
  const failures = queue.failures.slice(before.failed);
  const errors = [
    ...new Set(failures.map(({ functionKey, error }) => `${functionKey}: ${printable(error)}`)),
  ];
  throw new VergerError(
    'NOT_ACCOUNTED_FOR',
    `${queue.failed - before.failed} invocations failed for good:\n${errors.slice(0, 5).join('\n')}`,
  );
}

/** @returns once there is a snapshot, whether one function made it or the state machine */
async function invokeReduce(
  { lambda, stepFunctions }: ReturnType<typeof connect>,
  name: string,
  request: object,
): Promise<ReduceResult> {
  const { FunctionError, Payload } = await lambda.send(
    new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(request) }),
  );
  const answer = JSON.parse(Buffer.from(Payload ?? []).toString()) as ReduceResult & {
    errorMessage?: string;
    execution?: string;
  };
  if (FunctionError !== undefined) {
    throw new VergerError('REDUCE_FAILED', `reduce failed: ${answer.errorMessage}`);
  }
  return answer.execution === undefined ? answer : await awaitExecution(stepFunctions, answer.execution);
}

async function awaitExecution(client: SFNClient, executionArn: string): Promise<ReduceResult> {
  for (;;) {
    const { status, output, cause } = await client.send(new DescribeExecutionCommand({ executionArn }));
    if (status === 'SUCCEEDED') return JSON.parse(output ?? '') as ReduceResult;
    if (status !== 'RUNNING') throw new VergerError('REDUCE_FAILED', `reduce failed: ${cause}`);
    await setTimeout(POLL_MS);
  }
}

const POLL_MS = 200;

function notAccountedFor(missing: string[], of: number): VergerError {
  const shown = missing.slice(0, 5).map(printable).join('\n');
  return new VergerError(
    'NOT_ACCOUNTED_FOR',
    `${missing.length} of ${of} photos are neither featurized nor refused, among them:\n${shown}`,
  );
}
