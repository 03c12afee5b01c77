/**
 * Backfill: finds the photos of a bucket that are not featurized yet and sends them to featurize.
 * A run keeps its progress after every page, so that it can outlast one invocation, be watched, stopped and resumed.
 */
import { InvalidRequest } from './errors.ts';
import { isStored, isWanted, toRequest } from './ordering.ts';
import { isPhoto, type PhotoScope } from './photo/photo-key.ts';
import type {
  BackfillQueue,
  BackfillRun,
  BackfillRuns,
  Clock,
  FeatureStore,
  ListedPhoto,
  Log,
  PhotoStore,
} from './ports.ts';
import { preview } from './preview.ts';

export interface BackfillPorts {
  photos: PhotoStore;
  features: FeatureStore;
  queue: BackfillQueue;
  runs: BackfillRuns;
  scope: PhotoScope;
  /** Id of the model that featurize runs. */
  model: string;
  /** Called after each page; true ends this invocation, and the run continues in another. */
  outOfTime: () => boolean;
  clock: Clock;
  /** A short unique text. */
  id: () => string;
  log: Log;
}

/**
 * Requests to backfill: begin a run over a prefix, continue one, stop it, or report its progress. A stopped run stays
 * stopped: a new one skips what is done.
 */
export type BackfillCommand = { prefix: string } | { resume: string } | { stop: string } | { status: string };

/**
 * Carries out one command and reports where the run stands.
 *
 * @throws InvalidRequest when the run named is not known, or the prefix lies outside of the scope
 */
export async function backfill(ports: BackfillPorts, command: BackfillCommand): Promise<BackfillRun> {
  if ('prefix' in command) return goThrough(ports, await begin(ports, command.prefix));
  if ('resume' in command) return goThrough(ports, await known(ports, command.resume));
  if ('stop' in command) {
    await known(ports, command.stop);
    await ports.runs.requestStop(command.stop);
    return known(ports, command.stop);
  }
  return known(ports, command.status);
}

async function begin(ports: BackfillPorts, prefix: string): Promise<BackfillRun> {
  const now = new Date(ports.clock.now()).toISOString();
  const run: BackfillRun = {
    run: `${now.replaceAll(/[-:]|\.\d+/g, '')}-${ports.id()}`,
    prefix: narrow(prefix, ports.scope),
    state: 'running',
    listed: 0,
    sent: 0,
    unreadable: 0,
    skipped: 0,
    startedAt: now,
    updatedAt: now,
  };
  await ports.runs.save(run);
  return run;
}

async function known({ runs }: BackfillPorts, name: string): Promise<BackfillRun> {
  const run = RUN_NAME.test(name) ? await runs.load(name) : undefined;
  if (run === undefined) throw new InvalidRequest(`there is no backfill run ${preview(name)}`);
  return run;
}

/** What names of runs look like; others are not looked up. */
const RUN_NAME = /^[\w-]{1,64}$/;

async function goThrough(ports: BackfillPorts, from: BackfillRun): Promise<BackfillRun> {
  let run = from;
  const keep = async (state: BackfillRun['state']) => {
    run = { ...run, state, updatedAt: new Date(ports.clock.now()).toISOString() };
    await ports.runs.save(run);
    ports.log.info('backfill', { ...run });
  };

  for await (const page of ports.photos.list(narrow(run.prefix, ports.scope), run.lastPhoto)) {
    if (await ports.runs.stopRequested(run.run)) {
      await keep('stopped');
      return run;
    }
    run = await sendPage(ports, run, page);
    await keep('running');
    if (ports.outOfTime()) {
      await ports.queue.resume(run.run);
      return run;
    }
  }
  await keep('done');
  return run;
}

/** What to list: the part of the request that lies in the scope. @throws InvalidRequest where none does */
function narrow(asked: string, { prefix }: PhotoScope): string {
  if (prefix.startsWith(asked)) return prefix;
  if (asked.startsWith(prefix)) return asked;
  throw new InvalidRequest(
    `prefix ${preview(asked)} lies outside of ${preview(prefix)} (photoPrefix), the only place where photos are featurized`,
  );
}

async function sendPage(ports: BackfillPorts, run: BackfillRun, page: ListedPhoto[]): Promise<BackfillRun> {
  const photos = page.filter(({ key }) => isPhoto(key, ports.scope));
  const seen = await ports.features.look(photos.map(({ key }) => key));
  const wanted = photos.filter((photo) => isWanted(photo, seen.get(photo.key), ports.model));
  const again = wanted.filter((photo) => isStored(photo, seen.get(photo.key), ports.model)).length;
  await ports.queue.featurize(wanted.map((photo) => toRequest(photo, seen.get(photo.key))));
  const last = page.at(-1);
  return {
    ...run,
    listed: run.listed + photos.length,
    sent: run.sent + wanted.length - again,
    unreadable: run.unreadable + again,
    skipped: run.skipped + photos.length - wanted.length,
    ...(last && { lastPhoto: last.key }),
  };
}
