/** Progress of backfill runs, in S3. */
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { BackfillRun, BackfillRuns } from '../core/ports.ts';
import { readObject } from './read-object.ts';

/** Keeps the progress of backfill runs as `backfill/<run>.json` in the snapshot bucket. */
export function createBackfillRuns(client: S3Client, bucket: string): BackfillRuns {
  const put = (key: string, body: string) =>
    client.send(
      new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentType: 'application/json' }),
    );
  const get = (key: string) => readObject(client, { Bucket: bucket, Key: key });
  return {
    async load(run) {
      const object = await get(`backfill/${run}.json`);
      if (object === undefined) return undefined;
      // `unreadable` is younger than some runs.
      return { unreadable: 0, ...JSON.parse(Buffer.from(object.bytes).toString()) } as BackfillRun;
    },
    async save(run) {
      await put(`backfill/${run.run}.json`, `${JSON.stringify(run, null, 2)}\n`);
    },
    async requestStop(run) {
      await put(`backfill/${run}.stop`, '{}');
    },
    async stopRequested(run) {
      return (await get(`backfill/${run}.stop`)) !== undefined;
    },
  };
}
