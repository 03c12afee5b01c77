/** Starts S3, DynamoDB and Lambda on this machine, as serverless.yml describes them. */
import { existsSync } from 'node:fs';
import type { Server } from 'node:http';
import { join, resolve } from 'node:path';
import { type Development, develop } from '../develop/develop.ts';
import { createPageServer } from '../develop/page-server.ts';
import { printableFailure } from '../printable.ts';
import { type AsyncQueue, createAsyncQueue } from './async-queue.ts';
import { createDynamoDBServer, createTables } from './dynamodb-server.ts';
import { type Endpoints, setEnvironment } from './environment.ts';
import { LocalError } from './error.ts';
import { lockFolder } from './folder-lock.ts';
import { createLambdaFront } from './lambda-front.ts';
import { createLambdaPool, type LambdaPool } from './lambda-pool.ts';
import { close, listen } from './listen.ts';
import { takeOfflineEvents, takeOfflineHttp } from './offline.ts';
import { bucketNames, matchesTrigger, readTriggers, tables } from './resources.ts';
import { openObjectStore } from './s3/object-store.ts';
import { s3Event } from './s3/s3-event.ts';
import { createS3Server } from './s3/server.ts';
import { readSettings, type Serverless } from './serverless.ts';
import { createStepFunctions, type StateEvent } from './step-functions.ts';

export interface Stack extends StackDescription {
  stop(): Promise<void>;
}

/** What one needs to know to use a running stack. */
export interface StackDescription {
  endpoints: Endpoints;
  /** Address of the functions that are asked over HTTP, once it listens. */
  http?: string;
  region: string;
  /** What serverless.yml sets for the functions: `PHOTO_BUCKET` and so on. */
  variables: Record<string, string>;
  /** Full names of the functions, by their names in serverless.yml. */
  functions: Record<string, string>;
  /** The functions' log, where somebody works on them; otherwise it goes where the stack's own output goes. */
  log?: string;
  /** Address of the page that shows what runs, where somebody works on the functions. */
  page?: string;
}

/**
 * Starts everything; on return it answers, and what an earlier run left unfinished is under way.
 *
 * @param isDevelopment bundles the functions now and after each change, and prints a short line per event
 * @param onStateEvent told what executions of state machines do
 * @throws LocalError where a port is taken, a setting is wrong, or the bundles or the model are missing
 */
export async function startStack(
  serverless: Serverless,
  isDevelopment = false,
  onStateEvent?: (event: StateEvent) => void,
): Promise<Stack> {
  const { region } = serverless.service.provider;
  const named = Object.entries(serverless.service.functions).map(([key, { name }]) => [key, name] as const);
  const settings = readSettings(serverless.service.custom?.local, serverless.serviceDir);
  const toStop: (() => unknown)[] = [lockFolder(settings.data)];
  const stop = async () => {
    for (const step of toStop.reverse()) await step();
    toStop.length = 0;
  };
  try {
    const development = isDevelopment ? await develop(serverless.serviceDir, settings.data) : undefined;
    if (development) toStop.push(development.close);
    checkBuilt(serverless);
    const pool = createLambdaPool(serverless, development?.onLine);
    toStop.push(() => pool.close());
    const invoke: LambdaPool['invoke'] = async (...invocation) => {
      await development?.upToDate();
      return pool.invoke(...invocation);
    };
    const queue = createAsyncQueue({
      ...settings,
      // Lambda waits one minute, then two.
      retryDelays: (key) => [1000, 2000].slice(0, serverless.service.functions[key]?.maximumRetryAttempts),
      invoke,
    });
    toStop.push(queue.stop);
    const answer = tellingFailures(invoke);
    takeOfflineEvents(queue.enqueue, answer);
    const triggers = readTriggers(serverless);
    const store = openObjectStore(join(settings.data, 's3'), (change) => {
      for (const trigger of triggers)
        if (matchesTrigger(trigger, change)) queue.enqueue(trigger.functionKey, s3Event(change, region));
    });
    // On AWS the photo bucket may be one that was there before: then it is not among the resources.
    const buckets = [...bucketNames(serverless).values(), ...triggers.map(({ bucket }) => bucket)];
    for (const name of buckets) store.createBucket(name);

    const stepFunctions = createStepFunctions(serverless, onStateEvent);
    toStop.push(() => stepFunctions.close());
    const origins = new Set<string>();
    const serve = (server: Server, service: keyof typeof settings.ports) => {
      toStop.push(() => close(server));
      return listen(server, settings.ports[service], origins);
    };
    const front = createLambdaFront({
      functionKey: (fullName) => named.find(([, name]) => name === fullName)?.[0],
      invoke: answer,
      enqueue: queue.enqueue,
      queue: queue.state,
      stepFunctions,
    });
    const endpoints = {
      s3: await serve(createS3Server(store, region), 's3'),
      dynamodb: await serve(createDynamoDBServer(join(settings.data, 'dynamodb')), 'dynamodb'),
      lambda: await serve(front, 'lambda'),
    };
    const variables = setEnvironment(serverless, endpoints);
    await createTables(endpoints.dynamodb, tables(serverless));
    const description = { endpoints, region, variables, functions: Object.fromEntries(named) };
    queue.resume();
    const stack: Stack = {
      ...description,
      ...(development && {
        log: development.log,
        page: await serve(pageOf(development, description, queue), 'page'),
      }),
      stop,
    };
    takeOfflineHttp(origins, (address) => {
      stack.http = address;
    });
    return stack;
  } catch (error) {
    await stop();
    throw error;
  }
}

function pageOf(development: Development, stack: StackDescription, queue: AsyncQueue) {
  const { endpoints, variables, functions } = stack;
  return createPageServer(() => ({
    ...development.tally(),
    queue: queue.state(),
    s3: endpoints.s3,
    lambda: endpoints.lambda,
    photos: variables.PHOTO_BUCKET ?? '',
    snapshots: variables.SNAPSHOT_BUCKET ?? '',
    reduce: functions.reduce ?? '',
  }));
}

/** The invoker gets the error too, but may be a program. */
function tellingFailures(invoke: LambdaPool['invoke']): LambdaPool['invoke'] {
  return async (functionKey, ...more) => {
    try {
      return await invoke(functionKey, ...more);
    } catch (error) {
      console.error(`${functionKey} failed: ${printableFailure(error as Error)}`);
      throw error;
    }
  };
}

/** @throws LocalError naming the first handler whose bundle is missing */
function checkBuilt({ service, serviceDir }: Serverless): void {
  for (const { handler } of Object.values(service.functions)) {
    const bundle = resolve(serviceDir, handler.replace(/\.\w+$/, '.js'));
    if (!existsSync(bundle)) throw new LocalError(`${bundle} is missing: npm run build makes it`);
  }
}
