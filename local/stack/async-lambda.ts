/** Asynchronous invocations: queued, journalled, retried, and kept where they fail for good. */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FeaturizeOutcome } from '../../functions/core/featurize.ts';
import { printable, printableFailure } from '../printable.ts';
import { createAsyncQueue, type FailedInvocation, type Invocation } from './async-queue.ts';
import { openJournal } from './journal.ts';
import type { QueueState } from './lambda-front.ts';
import type { LambdaPool } from './lambda-pool.ts';
import type { Serverless, Settings } from './serverless.ts';

export interface AsyncLambda {
  enqueue(functionKey: string, event: unknown): void;
  state(): QueueState;
  /** Invokes what an earlier run accepted and did not finish. */
  resume(): void;
  close(): void;
}

/** Creates the queue; invocations that fail for good also go to `failed.jsonl` in the data folder. */
export function createAsyncLambda(
  serverless: Serverless,
  settings: Settings,
  invoke: LambdaPool['invoke'],
): AsyncLambda {
  const journal = openEventJournal(join(settings.data, 'events.jsonl'));
  const failedPath = join(settings.data, 'failed.jsonl');
  const failures: QueueState['failures'] = [];
  let refused = 0;

  const queue = createAsyncQueue({
    concurrency: settings.concurrency,
    retryDelays: ({ functionKey }) =>
      RETRY_DELAYS.slice(0, serverless.service.functions[functionKey]?.maximumRetryAttempts),
    async invoke({ functionKey, event }) {
      const answer = await invoke(functionKey, JSON.stringify(event));
      refused += countRefused(answer);
    },
    onSettled: ({ id }) => journal.finish(id),
    onRetry: ({ functionKey }, error, delay) =>
      console.error(
        `${functionKey} failed, again in ${delay / 1000} s (Lambda waits a minute or two): ${printableFailure(error)}`,
      ),
    onFailed: (failed) => {
      const { event: _, ...rest } = failed;
      if (failures.length < SHOWN_FAILURES) failures.push(rest);
      appendFileSync(failedPath, `${JSON.stringify({ at: new Date().toISOString(), ...failed })}\n`);
      console.error(describeFailed(failed, failedPath));
    },
  });

  return {
    enqueue: (functionKey, event) => queue.push(journal.accept(functionKey, event)),
    state: () => ({ ...queue.counts(), refused, failures }),
    resume: () => journal.unfinished.forEach((invocation) => void queue.push(invocation)),
    close() {
      queue.stop();
      journal.close();
    },
  };
}

/** Lambda drops what an asynchronous invocation answers; featurize's says what became of each photo. */
function countRefused(answer: unknown): number {
  const outcomes = Array.isArray(answer) ? (answer as Partial<FeaturizeOutcome>[]) : [];
  return outcomes.filter((outcome) => outcome?.status === 'refused').length;
}

/** The rest are in the file. */
const SHOWN_FAILURES = 100;

/** Milliseconds. Lambda waits one minute, then two. */
const RETRY_DELAYS = [1000, 2000];

function describeFailed({ functionKey, attempts, error }: FailedInvocation, path: string): string {
  return `${functionKey} failed for good after ${attempts} attempts; its event is kept in ${path}: ${printable(error)}`;
}

export interface EventJournal {
  /** What was accepted and not finished before the journal was opened, in order. */
  unfinished: Invocation[];
  /** Numbers an invocation and writes it down. */
  accept(functionKey: string, event: unknown): Invocation;
  finish(id: number): void;
  close(): void;
}

/** Opens the journal of what the queue has accepted and not finished, forgetting what it holds of finished invocations. */
export function openEventJournal(path: string): EventJournal {
  const open = new Map<number, Invocation>();
  const journal = openJournal<Invocation | { finished: number }>(path, (lines) => {
    for (const line of lines) {
      if ('finished' in line) open.delete(line.finished);
      else open.set(line.id, line);
    }
    return [...open.values()];
  });
  const unfinished = [...open.values()];
  let lastId = unfinished.at(-1)?.id ?? 0;
  return {
    unfinished,
    accept(functionKey, event) {
      const invocation = { id: ++lastId, functionKey, event };
      journal.append(invocation);
      return invocation;
    },
    finish: (id) => journal.append({ finished: id }),
    close: () => journal.close(),
  };
}
