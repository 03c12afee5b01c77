/** Waits until the asynchronous invocations of a stack are done. */
import { setTimeout } from 'node:timers/promises';
import { VergerError } from '../../functions/core/errors.ts';
import { QUEUE_PATH, type QueueState } from '../stack/lambda-front.ts';

/**
 * Polls the queue until it is empty.
 *
 * @param lambda address of the stack's Lambda port
 * @param uploading settles when no more will join the queue
 * @param onState called with the number of invocations not finished, and of photos refused so far
 * @throws VergerError `STALLED` when nothing finishes or fails for two minutes, longer than any attempt may take
 */
export async function awaitQueue(
  lambda: string,
  uploading: Promise<void>,
  onState: (pending: number, refused: number) => void,
): Promise<QueueState> {
  let isUploading = true;
  uploading.then(
    () => {
      isUploading = false;
    },
    () => {},
  );
  let lastChange = { at: performance.now(), counts: '' };
  for (;;) {
    const wasUploading = isUploading;
    const state = await readQueue(lambda);
    const { failures: _, ...counts } = state;
    const pending = counts.waiting + counts.running + counts.retrying;
    onState(pending, state.refused);
    if (!wasUploading && pending === 0) return state;

    const now = JSON.stringify({ counts, wasUploading });
    if (now !== lastChange.counts) lastChange = { at: performance.now(), counts: now };
    if (!wasUploading && performance.now() - lastChange.at > STALLED_AFTER_MS) {
      throw new VergerError('STALLED', `Nothing has progressed for two minutes: ${JSON.stringify(counts)}`);
    }
    await setTimeout(POLL_MS);
  }
}

const POLL_MS = 200;
const STALLED_AFTER_MS = 120_000;

async function readQueue(lambda: string): Promise<QueueState> {
  const response = await fetch(`${lambda}${QUEUE_PATH}`);
  return (await response.json()) as QueueState;
}
