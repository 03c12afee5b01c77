/** A local S3 for one test file, on a free port and over an empty folder, gone when the file ends. */
import { after } from 'node:test';
import { S3Client } from '@aws-sdk/client-s3';
import { CREDENTIALS } from '../../local/stack/environment.ts';
import { close, listen } from '../../local/stack/listen.ts';
import { openObjectStore } from '../../local/stack/s3/object-store.ts';
import type { ObjectChange } from '../../local/stack/s3/s3-event.ts';
import { createS3Server } from '../../local/stack/s3/server.ts';
import { makeFolder } from './folder.ts';

/** Starts it. */
export async function startS3() {
  const folder = makeFolder();
  const changes: ObjectChange[] = [];
  const store = openObjectStore(folder, (change) => changes.push(change));
  const server = createS3Server(store, 'eu-west-1');
  const endpoint = await listen(server, { port: 0, what: 'local S3', variable: 'VERGER_S3_PORT' });
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = CREDENTIALS;
  const client = new S3Client({
    endpoint,
    region: 'eu-west-1',
    credentials: { accessKeyId, secretAccessKey },
  });
  after(async () => {
    client.destroy();
    await close(server);
  });
  return { folder, changes, store, server, endpoint, client };
}
