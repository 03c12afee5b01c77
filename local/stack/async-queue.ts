/**
 * Lambda's asynchronous invocation: a queue, written down so that a stop loses nothing; a cap on concurrency; two
 * retries; then `failed.jsonl`.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FeaturizeOutcome } from '../../functions/core/featurize.ts';
import { printable, printableFailure } from '../printable.ts';
import { openJournal } from './journal.ts';
import type { LambdaPool } from './lambda-pool.ts';

export interface AsyncQueueOptions {
  /** Folder for what is not finished, and for what failed for good. */
  data: string;
  /** Invocations that run at once. */
  concurrency: number;
  /** Milliseconds to wait before each retry of a function; its length is the number of retries. */
  retryDelays(functionKey: string): number[];
  invoke: LambdaPool['invoke'];
}

export interface QueueState {
  /** Waiting for their first attempt, or for a place after a wait. */
  waiting: number;
  running: number;
  /** Waiting for a retry. */
  retrying: number;
  succeeded: number;
  failed: number;
  /** Photos that featurize has refused since the start. */
  refused: number;
  /** The first 100 that failed for good since the start. */
  failures: { id: number; functionKey: string; error: string; attempts: number }[];
}

interface Invocation {
  id: number;
  /** Name of the function as serverless.yml spells it. */
  functionKey: string;
  event: unknown;
}

export type AsyncQueue = ReturnType<typeof createAsyncQueue>;

/** Creates a queue that runs what it is given at once, first in, first out. */
export function createAsyncQueue({ data, concurrency, retryDelays, invoke }: AsyncQueueOptions) {
  const unfinished = new Map<number, Invocation>();
  const journal = openJournal<Invocation | { finished: number }>(join(data, 'events.jsonl'), (lines) => {
    for (const line of lines) {
      if ('finished' in line) unfinished.delete(line.finished);
      else unfinished.set(line.id, line);
    }
    return [...unfinished.values()];
  });
  let lastId = [...unfinished.keys()].at(-1) ?? 0;
  const failedPath = join(data, 'failed.jsonl');
  const waiting = new Set<{ invocation: Invocation; attempt: number }>();
  const timers = new Set<NodeJS.Timeout>();
  const counts = { running: 0, succeeded: 0, failed: 0, refused: 0 };
  const failures: QueueState['failures'] = [];
  let isStopped = false;

  function push(invocation: Invocation, attempt = 1): void {
    waiting.add({ invocation, attempt });
    startWaiting();
  }

  function startWaiting(): void {
    for (const next of waiting) {
      if (isStopped || counts.running >= concurrency) return;
      waiting.delete(next);
      counts.running++;
      void run(next.invocation, next.attempt);
    }
  }

  async function run(invocation: Invocation, attempt: number): Promise<void> {
    const { id, functionKey, event } = invocation;
    try {
      const answer = await invoke(functionKey, JSON.stringify(event));
      counts.refused += countRefused(answer);
      counts.succeeded++;
      journal.append({ finished: id });
    } catch (error) {
      const delay = retryDelays(functionKey)[attempt - 1];
      if (delay === undefined) fail(invocation, attempt, (error as Error).message);
      else retry(invocation, attempt, error as Error, delay);
    } finally {
      counts.running--;
      startWaiting();
    }
  }

  function retry(invocation: Invocation, attempt: number, error: Error, delay: number): void {
    const again = `again in ${delay / 1000} s (Lambda waits a minute or two)`;
    console.error(`${invocation.functionKey} failed, ${again}: ${printableFailure(error)}`);
    const timer = setTimeout(() => {
      timers.delete(timer);
      push(invocation, attempt + 1);
    }, delay);
    timers.add(timer);
  }

  function fail({ id, functionKey, event }: Invocation, attempts: number, error: string): void {
    counts.failed++;
    const failed = { id, functionKey, error, attempts };
    if (failures.length < SHOWN_FAILURES) failures.push(failed);
    appendFileSync(failedPath, `${JSON.stringify({ at: new Date().toISOString(), ...failed, event })}\n`);
    journal.append({ finished: id });
    const kept = `its event is kept in ${failedPath}`;
    console.error(`${functionKey} failed for good after ${attempts} attempts; ${kept}: ${printable(error)}`);
  }

  return {
    enqueue(functionKey: string, event: unknown): void {
      const invocation = { id: ++lastId, functionKey, event };
      try {
        journal.append(invocation);
      } finally {
        push(invocation); // what it tells of has happened, also where it cannot be written down
      }
    },
    state: (): QueueState => ({ ...counts, waiting: waiting.size, retrying: timers.size, failures }),
    /** Invokes what an earlier run accepted and did not finish. */
    resume: () => unfinished.forEach((invocation) => void push(invocation)),
    /** Starts nothing more; what is running goes on. */
    stop(): void {
      isStopped = true;
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

/** The rest are in the file. */
const SHOWN_FAILURES = 100;

/** Lambda drops what an asynchronous invocation answers; featurize's says what became of each photo. */
function countRefused(answer: unknown): number {
  const outcomes = Array.isArray(answer) ? (answer as Partial<FeaturizeOutcome>[]) : [];
  return outcomes.filter((outcome) => outcome?.status === 'refused').length;
}
