/** The objects of the snapshot bucket, one by one. */
import {
  DeleteObjectsCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { VergerError } from '../core/errors.ts';
import type { TableStore } from '../core/ports.ts';
import { readObject } from './read-object.ts';
import { writeOnce } from './s3-answers.ts';

/** Most keys of one DeleteObjects. */
const MOST_DELETED = 1000;

export function createTableStore(client: S3Client, bucket: string): TableStore {
  async function* list(prefix: string, after?: string, delimiter?: string) {
    let ContinuationToken: string | undefined;
    do {
      const page: ListObjectsV2CommandOutput = await client.send(
        new ListObjectsV2Command({
          Bucket: bucket,
          Prefix: prefix,
          StartAfter: after,
          Delimiter: delimiter,
          ContinuationToken,
        }),
      );
      yield page;
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
  }

  return {
    async read(key) {
      return (await readObject(client, { Bucket: bucket, Key: key }))?.bytes;
    },

    async write(key, content) {
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: content }));
    },

    create: (key, content) => writeOnce(client, { Bucket: bucket, Key: key, Body: content }),

    async *list(prefix, after) {
      for await (const { Contents = [] } of list(prefix, after)) {
        yield Contents.map(({ Key = '', LastModified }) => ({
          key: Key,
          modified: LastModified?.getTime() ?? 0,
        }));
      }
    },

    async folders(folder) {
      const folders: string[] = [];
      for await (const { CommonPrefixes = [] } of list(folder, undefined, '/')) {
        folders.push(...CommonPrefixes.map(({ Prefix = '' }) => Prefix));
      }
      return folders;
    },

    async remove(keys) {
      for (let start = 0; start < keys.length; start += MOST_DELETED) {
        const Objects = keys.slice(start, start + MOST_DELETED).map((Key) => ({ Key }));
        const { Errors: [first] = [] } = await client.send(
          new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }),
        );
        // Answered with 200, whatever became of single keys.
        if (first) throw new VergerError('DELETE_FAILED', `${first.Key} cannot be removed: ${first.Message}`);
      }
    },
  };
}
