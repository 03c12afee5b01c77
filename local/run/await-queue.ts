/** Waits until the asynchronous invocations of a stack are done. */
import { setTimeout } from 'node:timers/promises';
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
  const upload = { isOver: false, error: undefined as unknown };
  uploading.then(
    () => Object.assign(upload, { isOver: true }),
    (error: unknown) => Object.assign(upload, { isOver: true, error }),
  );
  let lastChange = { at: performance.now(), counts: '' };
  for (;;) {
    const { isOver } = upload;
    const state = await readQueue(lambda);
    if (upload.error !== undefined) throw upload.error;
    const { failures: _, ...counts } = state;
    const pending = counts.waiting + counts.running + counts.retrying;
    onState(pending, state.refused);
    if (isOver && pending === 0) return state;

    const now = JSON.stringify({ counts, isOver });
    if (now !== lastChange.counts) lastChange = { at: performance.now(), counts: now };
    if (isOver && performance.now() - lastChange.at > STALLED_AFTER_MS) {
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
