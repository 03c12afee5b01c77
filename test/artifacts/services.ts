/** The local S3 and DynamoDB that the packaged functions work on, and the queue that backfill fills. */
import { mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDynamoDBServer, createTables } from '../../local/stack/dynamodb-server.ts';
import { awsVariables, OTHER_AWS_VARIABLES } from '../../local/stack/environment.ts';
import { createLambdaFront } from '../../local/stack/lambda-front.ts';
import { close, listen } from '../../local/stack/listen.ts';
import { openObjectStore } from '../../local/stack/s3/object-store.ts';
import type { ObjectChange } from '../../local/stack/s3/s3-event.ts';
import { createS3Server } from '../../local/stack/s3/server.ts';
import { REGION } from './template.ts';

export interface Services {
  /** Variables that lead an AWS SDK here; this process has them too. */
  variables: Record<string, string>;
  /** Changes in the buckets so far. */
  changes: ObjectChange[];
  /** Asynchronous invocations that the functions have asked for, and nobody has carried out. */
  queue: { functionName: string; event: unknown }[];
  stop(): Promise<void>;
}

/** Starts the services on free ports, over a new folder below the system's temporary one. */
export async function startServices(
  buckets: readonly string[],
  tables: Record<string, unknown>[],
): Promise<Services> {
  const folder = mkdtempSync(join(tmpdir(), 'verger-services-'));
  const changes: ObjectChange[] = [];
  const queue: Services['queue'] = [];
  const store = openObjectStore(join(folder, 's3'), (change) => changes.push(change));
  for (const bucket of buckets) store.createBucket(bucket);
  const servers = {
    s3: createS3Server(store, REGION),
    dynamodb: createDynamoDBServer(join(folder, 'dynamodb')),
    lambda: createLambdaFront({
      functionKey: (name) => name,
      invoke: () => Promise.reject(new Error('only asynchronous invocations are expected here')),
      enqueue: (functionName, event) => queue.push({ functionName, event }),
      queue: () => ({ waiting: queue.length, running: 0, failures: [] }) as never,
    }),
  };
  const start = (server: Server) => listen(server, { port: 0, what: 'service', variable: '' });
  const endpoints = {
    s3: await start(servers.s3),
    dynamodb: await start(servers.dynamodb),
    lambda: await start(servers.lambda),
  };
  const variables = awsVariables(endpoints, REGION);
  for (const name of OTHER_AWS_VARIABLES) delete process.env[name];
  Object.assign(process.env, variables);
  await createTables(endpoints.dynamodb, tables);
  return {
    variables,
    changes,
    queue,
    async stop() {
      for (const server of Object.values(servers)) await close(server);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
