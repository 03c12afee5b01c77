/**
 * Featurizing several photos in one invocation: backfill's, those of an S3 event, or the tasks of S3 Batch Operations.
 *
 * At most two photos are in memory: while one is decoded and inferred, the next is read and the previous one's
 * features are stored. A photo resized to the model's own size makes room to read one more. Whatever one photo does,
 * the others have their turn, and all of it ends before the invocation does.
 */
import { extractPhoto, type FeaturizeOutcome, type FeaturizePorts, storeExtraction } from './featurize.ts';
import { limit } from './limit.ts';
import type { Deadline, FeaturizeQueue, FeaturizeRequest } from './ports.ts';

export interface BatchPorts extends FeaturizePorts {
  deadline: Deadline;
}

/** What became of one photo of a batch. */
export type BatchResult = { request: FeaturizeRequest } & (
  | { state: 'done'; outcome: FeaturizeOutcome }
  | { state: 'failed'; error: unknown }
  /** Time ran out before the photo was begun, or before it was done. */
  | { state: 'waiting' | 'begun' }
);

/** Milliseconds before the end: after the first no photo is begun, after the second none is waited for. */
const LAST_BEGIN = 15_000;
const LAST_WAIT = 5_000;

/**
 * Featurizes several photos, and hands those it has no time for on to other invocations: photos not begun in two
 * halves, and each that was begun or has failed by itself, so that none can hold up the others again. The first photo
 * is always begun, so handing on comes to an end: of 25 photos, each is alone by the fifth invocation, long before
 * Lambda would take it for a loop.
 *
 * @throws the first failure, after all have had their turn in time: the platform retries, and what is done stays done
 */
export async function featurizePhotos(
  ports: BatchPorts & { queue: FeaturizeQueue },
  requests: FeaturizeRequest[],
): Promise<FeaturizeOutcome[]> {
  const results = await featurizeBatch(ports, requests);
  const inState = (state: BatchResult['state']) =>
    results.filter((result) => result.state === state).map(({ request }) => request);
  const waiting = inState('waiting');
  const begun = inState('begun');

  if (waiting.length + begun.length > 0) {
    const alone = [...begun, ...inState('failed')];
    const half = Math.ceil(waiting.length / 2);
    const together = [waiting.slice(0, half), waiting.slice(half)];
    ports.log.info('handed-on', { together: waiting.length, alone: alone.length });
    for (const photos of [...together, ...alone.map((request) => [request])]) {
      if (photos.length > 0) await ports.queue.featurize(photos);
    }
  } else {
    for (const result of results) if (result.state === 'failed') throw result.error;
  }
  return results.flatMap((result) => (result.state === 'done' ? [result.outcome] : []));
}

/**
 * Featurizes as many photos as time allows. A photo by itself may use all the time there is.
 *
 * @returns what became of each, in the order of the requests
 * @throws what the table throws when asked which photos are stored
 */
export async function featurizeBatch(
  ports: BatchPorts,
  requests: FeaturizeRequest[],
): Promise<BatchResult[]> {
  const { features, deadline, log } = ports;
  const results: BatchResult[] = requests.map((request) => ({ request, state: 'waiting' }));
  const isAlone = requests.length < 2;
  const batch = isAlone
    ? undefined
    : { stored: await features.look(requests.map(({ key }) => key)), onProcessor: limit(1) };
  const inMemory = limit(2);

  async function take(request: FeaturizeRequest, index: number): Promise<void> {
    try {
      const extraction = await inMemory(async (letGo) => {
        if (index > 0 && deadline.left() < LAST_BEGIN) return undefined;
        results[index] = { request, state: 'begun' };
        return extractPhoto(ports, request, batch && { ...batch, letGo });
      });
      if (extraction === undefined) return;
      results[index] = { request, state: 'done', outcome: await storeExtraction(ports, extraction) };
    } catch (error) {
      log.warn('failure', { key: request.key, error: String(error) });
      results[index] = { request, state: 'failed', error };
    }
  }

  const all = Promise.all(requests.map(take));
  await (isAlone ? all : inTime(deadline, all));
  return [...results];
}

/** Waits for a task, but not to the very end of the invocation. */
async function inTime(deadline: Deadline, work: Promise<unknown>): Promise<void> {
  let callOff = () => {};
  const end = new Promise<void>((resolve) => {
    callOff = deadline.at(LAST_WAIT, resolve);
  });
  await Promise.race([work, end]);
  callOff();
}
