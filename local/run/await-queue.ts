/** Waits until the asynchronous invocations of a stack are done. */
import timers from 'node:timers/promises';
import { VergerError } from '../../functions/core/errors.ts';
import type { QueueState } from '../stack/async-queue.ts';
import { QUEUE_PATH } from '../stack/lambda-front.ts';

/**
 * Polls the queue until it is empty.
 *
 * @param lambda address of the stack's Lambda port
 * @param uploading settles when no more will join the queue; where it is rejected, so is this
 * @param onState called with the number of invocations not finished, and of photos refused so far
 * @throws VergerError `STALLED` when nothing finishes or fails for two minutes, longer than any attempt may take
 */
export async function awaitQueue(
  lambda: string,
  uploading: Promise<void>,
  onState: (pending: number, refused: number) => void,
): Promise<QueueState> {
  let [isOver, error]: [boolean, unknown] = [false, undefined];
  const settled = uploading.then(
    () => {
      isOver = true;
    },
    (cause: unknown) => {
      error = cause;
    },
  );
  let lastChange = { at: performance.now(), counts: '' };
  for (;;) {
    const noMore = isOver; // asked before the queue is, which an upload may join meanwhile
    const state = (await (await fetch(`${lambda}${QUEUE_PATH}`)).json()) as QueueState;
    if (error !== undefined) throw error;
    const { failures: _, ...counts } = state;
    const pending = counts.waiting + counts.running + counts.retrying;
    onState(pending, state.refused);
    if (noMore && pending === 0) return state;

    const now = JSON.stringify({ counts, noMore });
    if (now !== lastChange.counts) lastChange = { at: performance.now(), counts: now };
    if (noMore && performance.now() - lastChange.at > STALLED_AFTER_MS) {
      throw new VergerError('STALLED', `Nothing has progressed for two minutes: ${JSON.stringify(counts)}`);
    }
    const pause = timers.setTimeout(pending > FEW ? POLL_MS : POLL_OF_FEW_MS);
    await (noMore ? pause : Promise.race([pause, settled]));
  }
}

const POLL_MS = 200;
/** So few are done before the usual pause is over. */
const FEW = 10;
const POLL_OF_FEW_MS = 50;
const STALLED_AFTER_MS = 120_000;
