/** The files that the phases of a large reduce hand to each other, below `work/<run>/` in the snapshot bucket. */
import { type GetObjectCommandInput, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { WorkStore } from '../core/spool/work-store.ts';
import { readObject } from './read-object.ts';
import { writeOnce } from './s3-answers.ts';

/** Opens the files of one run. */
export function createWorkStore(client: S3Client, bucket: string, run: string): WorkStore {
  const key = (name: string) => `work/${run}/${name}`;
  return {
    async write(name, pieces) {
      // In memory, not streamed: the SDK cannot send a stream again after a failure. A block has 22 MB.
      const body = Buffer.concat([...pieces]);
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: key(name), Body: body }));
    },

    commit(name, content) {
      return writeOnce(client, { Bucket: bucket, Key: key(name), Body: content });
    },

    async read(name, start = 0, end) {
      if (end === start) return new Uint8Array();
      return (await readObject(client, readParameters(bucket, key(name), start, end)))?.bytes;
    },
  };
}

/** Parameters of a read of bytes [start, end), or to the end of the object. */
export function readParameters(
  bucket: string,
  key: string,
  start: number,
  end?: number,
): GetObjectCommandInput {
  const isWhole = start === 0 && end === undefined;
  return {
    Bucket: bucket,
    Key: key,
    ...(!isWhole && { Range: `bytes=${start}-${end === undefined ? '' : end - 1}` }),
  };
}
