/** One world: a plan is carried out among faults, comes to rest, and is held against what Verger promises. */
import type { Log } from '../../functions/core/ports.ts';
import { decodeCommit } from '../../functions/core/snapshot/delta/actions.ts';
import { type FaultKind, Faults } from './faults.ts';
import { FUNCTIONS, type FunctionName, PHOTOS, type Plant } from './functions.ts';
import { Bucket, type Change } from './model/bucket.ts';
import type { Item } from './model/condition.ts';
import type { Invocation } from './model/invocation.ts';
import { Lambda } from './model/lambda.ts';
import { s3Event, sequencer } from './model/s3-event.ts';
import { Table } from './model/table.ts';
import { carryOut, seeToDeadLetter } from './people.ts';
import { describe, type Plan } from './plan.ts';
import { Platform } from './platform.ts';
import { seeded } from './random.ts';
import {
  checkCounts,
  checkDone,
  checkPhotos,
  checkSnapshots,
  checkTable,
  checkVersion,
  checkWhole,
  isReducible,
  type Violation,
} from './verdict.ts';
import { VirtualTime } from './virtual-time.ts';

export interface WorldOptions {
  /** Names of the faults that may strike; all, where it is absent. */
  only?: ReadonlySet<string>;
  plant?: Plant;
  /** Whether to keep a trace. */
  traced?: boolean;
}

export interface WorldResult {
  /** Attempts of functions. */
  deliveries: number;
  faults: ReadonlyMap<FaultKind, number>;
  /** Names of the faults that struck. */
  struck: string[];
  violations: Violation[];
  /** A line for each thing that happened. */
  trace: string[];
}

/** Lets a plan happen, to its end. */
export async function runWorld(plan: Plan, options: WorldOptions = {}): Promise<WorldResult> {
  const world = new World(plan, options);
  try {
    await live(world);
    const { counts: faults, struck } = world.faults;
    const { trace, lambda, wrongs: violations } = world;
    return { deliveries: lambda.deliveries, faults, struck, violations, trace };
  } finally {
    world.platform.close();
  }
}

/** What is wrong in the end is added to the world's wrongs. */
async function live(world: World): Promise<void> {
  const { plan, time, lambda } = world;
  for (const operation of plan.operations) {
    time.at(START + operation.at, () => {
      world.tell(() => describe(operation));
      carryOut(world, operation);
      return undefined;
    });
  }
  await time.settle();
  world.wrongs.push(...checkPhotos(world, 'events'), ...(await checkSnapshots(world)));
  if (world.wrongs.length > 0) return;

  await time.pass(plan.rest);
  lambda.isCalm = true;
  await world.invoke('backfill', { prefix: '' }, 'last backfill');
  world.wrongs.push(...checkPhotos(world, 'backfill'));
  if (world.wrongs.length > 0) return;

  await time.pass(REST_MS);
  const since = time.now();
  await world.invoke('backfill', { prefix: '' }, 'backfill to see that all is done');
  world.wrongs.push(...checkDone(world, since));
  if (!plan.reduces || world.wrongs.length > 0) return;

  await world.invoke('reduce', { components: 1 }, 'last reduce');
  if (isReducible(world)) world.wrongs.push(...checkCounts(world), ...checkTable(world));
}

const START = Date.UTC(2026, 0, 1);

/** Until every read shows what was written last. */
const REST_MS = 5_000;

/** What is deployed: the settings of the code. */
export interface Deployment {
  model: string;
  bucket: string;
  /** Milliseconds since the epoch. */
  at: number;
}

export class World {
  readonly plan: Plan;
  readonly time = new VirtualTime(START);
  readonly faults: Faults;
  readonly photos: Bucket;
  readonly snapshots: Bucket;
  readonly table: Table;
  readonly lambda: Lambda<FunctionName>;
  readonly platform: Platform;
  /** What was deployed, newest last. */
  readonly deployed: [Deployment, ...Deployment[]] = [{ model: 'model@0', bucket: PHOTOS, at: START }];
  /** Keys that events alone need not bring up to date: their events were given up, or their row deleted by hand. */
  readonly excused = new Set<string>();
  /** When each tombstone was written that stands. */
  readonly erasedAt = new Map<string, number>();
  /** Parts of snapshots, each with the photos that it must not show. */
  readonly parts: { key: string; erased: Set<string> }[] = [];
  /** Promises that were broken. */
  readonly wrongs: Violation[] = [];
  readonly trace: string[] = [];
  /** The operation that is being carried out; S3 orders what it changes by its number. */
  operation = 0;
  readonly #isTraced: boolean;
  /** Files of the newest version of the Delta table, with their sizes. */
  readonly live = new Map<string, number>();
  #latest = '';
  #version = '';

  constructor(plan: Plan, { only, plant, traced = false }: WorldOptions) {
    const { seed } = plan;
    const now = () => this.time.now();
    const expiryDelay = (key: string) => plant?.expiryDelay ?? seeded(seed, 'expiry', key).int(48 * 3600_000);
    this.plan = plan;
    this.#isTraced = traced;
    this.faults = new Faults(seeded(seed, 'faults'), only);
    this.photos = new Bucket(plan.world, now, (change) => this.#announce(change));
    this.snapshots = new Bucket('unversioned', now);
    this.table = new Table(this.time, 'photo', 'expiresAt', expiryDelay);
    this.platform = new Platform(this, plant);
    this.lambda = new Lambda({
      time: this.time,
      faults: this.faults,
      tell: (line) => this.tell(line),
      slowest: plan.slowest,
      seed,
      functions: FUNCTIONS,
      run: (name, event, invocation) => this.platform.run(name, event, invocation),
      onDead: (letter, error) => seeToDeadLetter(this, letter, error),
    });
  }

  deploy(change: Partial<Deployment>): void {
    this.deployed.push({ ...this.newest(), ...change, at: this.time.now() });
  }

  /** What was deployed last. */
  newest(): Deployment {
    return this.deployed.at(-1) ?? this.deployed[0];
  }

  /** Invokes a function and waits until all that comes of it has happened. */
  async invoke(functionName: FunctionName, event: unknown, name: string): Promise<void> {
    this.tell(() => `${name} ${JSON.stringify(event)}`);
    this.lambda.accept({ name, functionName, event, redrives: 0 });
    await this.time.settle();
  }

  tell(line: () => string): void {
    if (this.#isTraced) this.trace.push(`${elapsed(this.time.now() - START)} ${line()}`);
  }

  /** What a function logs, in the trace. */
  logOf({ name }: Invocation): Log {
    if (!this.#isTraced) return SILENT;
    const log = (event: string, { key, run, status, state }: Record<string, unknown> = {}) =>
      this.tell(() => [`${name}:`, event, key ?? run, status ?? state].filter(Boolean).join(' '));
    return { info: log, warn: log };
  }

  wrong(rule: string, detail: string): void {
    this.wrongs.push({ rule, detail });
  }

  seeTableWrite({ photo, features, erased }: Item): void {
    if (features) this.erasedAt.delete(photo?.S ?? '');
    if (erased) this.erasedAt.set(photo?.S ?? '', this.time.now());
  }

  /** Readers of latest.json always find a whole snapshot, and never go back to an older one. */
  seeSnapshotWrite(key: string, body: Uint8Array): void {
    const begun = PART.exec(key)?.[1];
    if (begun !== undefined) {
      const erased = [...this.erasedAt].filter(([, at]) => at < timeOf(begun));
      this.parts.push({ key, erased: new Set(erased.map(([key]) => key)) });
    }
    if (COMMIT.test(key)) this.#seeCommit(body);
    if (key !== 'latest.json') return;
    const { snapshot } = JSON.parse(new TextDecoder().decode(body)) as { snapshot: string };
    if (snapshot < this.#latest)
      this.wrong('latest.json never goes back', `${snapshot} replaced ${this.#latest}`);
    this.#latest = snapshot;
    this.wrongs.push(...checkWhole(this));
  }

  /** Reduce removes what has expired. */
  seeSnapshotRemoval(key: string): void {
    if (this.#latest && key.includes(`${this.#latest}/`))
      this.wrong('the current snapshot is not removed', key);
  }

  #seeCommit(body: Uint8Array): void {
    for (const { add, remove } of decodeCommit(body)) {
      if (remove) this.live.delete(remove.path);
      if (add) this.live.set(add.path, add.size);
    }
    this.wrongs.push(...checkVersion(this));
    const [version = ''] = [...this.live.keys()].slice(-1);
    if (version < this.#version)
      this.wrong('the Delta table never goes back', `${version} after ${this.#version}`);
    this.#version = version;
  }

  #announce(change: Change): void {
    const { operation: number } = this;
    const { prefix, suffix } = this.plan.scope;
    // As the rules of the bucket's notification say: folder markers too, where there is no suffix.
    if (!change.key.startsWith(prefix) || !change.key.endsWith(suffix)) return;
    const order = sequencer(number, seeded(this.plan.seed, 'sequencer', number));
    const event = s3Event(PHOTOS, change, order, this.time.now());
    const functionName = /^Object(Created|Restore)/.test(change.name) ? 'featurize' : 'erase';
    this.lambda.accept({ name: `#${number} ${functionName}`, functionName, event, redrives: 0 });
  }
}

/** A version of the Delta table. */
const COMMIT = /^rows\/_delta_log\/\d+\.json$/;

/** A part of a snapshot, and when its reduce began. */
const PART = /^rows\/snapshot=([^/]*)-[^-/]*\/part-/;

/** @param compact such as `20260101T014234.908Z`. @returns milliseconds since the epoch */
function timeOf(compact: string): number {
  return Date.parse(compact.replace(/^(....)(..)(..)T(..)(..)/, '$1-$2-$3T$4:$5:'));
}

const SILENT: Log = { info() {}, warn() {} };

/** A stretch of time for a trace, such as `3d 04:05:06.007`. */
function elapsed(milliseconds: number): string {
  const days = Math.floor(milliseconds / (24 * 3600_000));
  return `${days ? `${days}d ` : ''}${new Date(milliseconds).toISOString().slice(11, 23)}`;
}
