/** Reads objects of S3 whole. */
import type { Readable } from 'node:stream';
import { GetObjectCommand, type GetObjectCommandInput, type S3Client } from '@aws-sdk/client-s3';
import { unlessGone } from './s3-answers.ts';

/** Times that an object is asked for: the SDK asks again until an answer has begun, but not where its body breaks off. */
const ATTEMPTS = 3;

/**
 * Reads an object, or the part of it that the parameters name.
 *
 * @param accept is told how many bytes come, before they do; where it throws, they are not fetched
 * @returns undefined where the object, or the version asked for, is not there any more
 * @throws Error where the body has broken off {@link ATTEMPTS} times
 */
export async function readObject(
  client: S3Client,
  parameters: GetObjectCommandInput,
  accept: (size: number) => void = () => {},
): Promise<{ bytes: Uint8Array; etag: string } | undefined> {
  for (let attempt = 1; ; attempt++) {
    const object = await unlessGone(client.send(new GetObjectCommand(parameters)));
    if (object === undefined) return undefined;
    try {
      accept(object.ContentLength ?? 0);
    } catch (error) {
      (object.Body as Readable | undefined)?.destroy();
      throw error;
    }
    try {
      return {
        bytes: (await object.Body?.transformToByteArray()) ?? new Uint8Array(),
        etag: object.ETag ?? '',
      };
    } catch (cause) {
      if (attempt < ATTEMPTS) continue;
      throw new Error(`S3 broke off ${parameters.Key} ${ATTEMPTS} times: ${(cause as Error).message}`, {
        cause,
      });
    }
  }
}
