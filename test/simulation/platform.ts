/** Where functions run: which code, which clients, what they are told of time. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { S3Client } from '@aws-sdk/client-s3';
import {
  type Environment,
  type FunctionName,
  PHOTOS,
  type Plant,
  runFunction,
  SNAPSHOTS,
  TABLE,
} from './functions.ts';
import { answerDynamoDb, type DynamoDbOptions, describeDynamoDb } from './model/dynamodb.ts';
import type { Command, Invocation, Service } from './model/invocation.ts';
import { answerS3, describeS3, type S3Options } from './model/s3.ts';
import { hash } from './random.ts';
import type { Deployment, World } from './world.ts';

/** How long after a deploy a container that was there before may still be used. */
const OLD_CONTAINERS_MS = 10 * 60_000;

/** Runs the functions of one world. */
export class Platform {
  readonly #world: World;
  readonly #plant: Plant | undefined;
  readonly #services: { s3: Service; dynamodb: Service; lambda: Service };
  #folder: string | undefined;

  constructor(world: World, plant: Plant | undefined) {
    this.#world = world;
    this.#plant = plant;
    this.#services = { s3: s3Of(world), dynamodb: dynamodbOf(world), lambda: lambdaOf(world) };
  }

  /** Runs one attempt. */
  async run(name: FunctionName, event: unknown, invocation: Invocation): Promise<unknown> {
    const world = this.#world;
    const { model, bucket } = this.#container(invocation);
    const environment = {
      model,
      bucket,
      scope: world.plan.scope,
      s3: this.#client(this.#services.s3, invocation) as S3Client,
      dynamodb: this.#client(this.#services.dynamodb, invocation) as DynamoDBClient,
      lambda: this.#client(this.#services.lambda, invocation) as LambdaClient,
      clock: world.time,
      log: world.logOf(invocation),
      id: hash(invocation.name).toString(16),
      deadline: invocation,
      outOfTime: () => invocation.strikes('hand-over: too little time left'),
      temporaryDirectory: name === 'reduce' ? this.#temporaryDirectory() : '',
      stored: (key) => ({
        item: world.table.items.get(key),
        lastModified: world.photos.current(key)?.lastModified ?? 0,
      }),
    } satisfies Environment;
    const answer = await runFunction(name, event, environment, this.#plant);
    if (isFailedBatch(answer)) throw new Error('S3 Batch Operations sends it again');
    return answer;
  }

  /** Whether all code that may run now has the right settings. */
  isSound(): boolean {
    return this.#running().every(({ bucket }) => bucket === PHOTOS);
  }

  close(): void {
    if (this.#folder) rmSync(this.#folder, { recursive: true, force: true });
  }

  /** What may run now: the newest code, and before it, for a while after a deploy, that of containers from before. */
  #running(): Deployment[] {
    const { deployed, time } = this.#world;
    const newest = this.#world.newest();
    return deployed.slice(time.now() - newest.at < OLD_CONTAINERS_MS ? -2 : -1);
  }

  #container(invocation: Invocation): Deployment {
    const [oldest, newest] = this.#running();
    if (!oldest || !newest) return this.#world.newest();
    return invocation.strikes('old container after a deploy') ? oldest : newest;
  }

  /** A client of the SDK, as far as Verger uses one. */
  #client(service: Service, invocation: Invocation): unknown {
    return { send: (command: Command) => invocation.send(service, this.#planted(command)) };
  }

  #planted(command: Command): Command {
    const { request } = this.#plant ?? {};
    return request ? Object.assign(command, { input: request({ ...command.input }) }) : command;
  }

  #temporaryDirectory(): string {
    this.#folder ??= mkdtempSync(join(tmpdir(), 'verger-simulation-'));
    return this.#folder;
  }
}

function s3Of(world: World): Service {
  const options: S3Options = {
    buckets: { [PHOTOS]: world.photos, [SNAPSHOTS]: world.snapshots },
    pageKeys: world.plan.pageKeys,
    isConflict: (asker) => asker.strikes('conflict of conditional writes'),
    onWrite: (key, body) => world.seeSnapshotWrite(key, body),
    onRemove: (key) => world.seeSnapshotRemoval(key),
  };
  return { answer: (command, asker) => answerS3(options, command, asker), describe: describeS3 };
}

function dynamodbOf(world: World): Service {
  const options: DynamoDbOptions = {
    tables: { [TABLE]: world.table },
    pageItems: world.plan.pageItems,
    isStale: (asker) => asker.strikes('read of a second ago'),
    isLeftOut: (asker) => asker.strikes('keys left out by a throttled look-up'),
    onWrite: (item) => world.seeTableWrite(item),
  };
  return { answer: (command, asker) => answerDynamoDb(options, command, asker), describe: describeDynamoDb };
}

function lambdaOf(world: World): Service {
  return {
    answer: ({ input }, asker) => {
      const { functionName, event } = readInvoke(input);
      const name = `${asker.name} → ${functionName} ${asker.count()}`;
      world.lambda.accept({ name, functionName, event, redrives: asker.redrives });
      return { StatusCode: 202 };
    },
    describe: ({ input }) => `Invoke ${readInvoke(input).functionName}`,
  };
}

function readInvoke(input: object): { functionName: FunctionName; event: unknown } {
  const { FunctionName, Payload } = input as { FunctionName: FunctionName; Payload: Uint8Array };
  return { functionName: FunctionName, event: JSON.parse(new TextDecoder().decode(Payload)) };
}

function isFailedBatch(answer: unknown): boolean {
  const { results } = (answer ?? {}) as { results?: { resultCode: string }[] };
  return results?.some(({ resultCode }) => resultCode === 'TemporaryFailure') ?? false;
}
