/**
 * Lambda's asynchronous invocation: a queue, a cap on concurrency, two retries, then the failed list.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 */

export interface Invocation {
  id: number;
  /** Name of the function as serverless.yml spells it. */
  functionKey: string;
  event: unknown;
}

export interface FailedInvocation extends Invocation {
  /** Message of the last attempt's error. */
  error: string;
  attempts: number;
}

export interface AsyncQueueOptions {
  /** Invocations that run at once. */
  concurrency: number;
  /** Milliseconds to wait before each retry; its length is the number of retries. */
  retryDelays(invocation: Invocation): number[];
  invoke(invocation: Invocation): Promise<unknown>;
  onSettled(invocation: Invocation): void;
  onRetry(invocation: Invocation, error: Error, delay: number): void;
  onFailed(failed: FailedInvocation): void;
}

export interface QueueCounts {
  /** Waiting for their first attempt. */
  waiting: number;
  running: number;
  /** Waiting for a retry. */
  retrying: number;
  succeeded: number;
  failed: number;
}

export interface AsyncQueue {
  push(invocation: Invocation): void;
  counts(): QueueCounts;
  /** Starts nothing more; what is running goes on. */
  stop(): void;
}

/** Creates a queue that runs what is pushed at once, first in, first out. */
export function createAsyncQueue(options: AsyncQueueOptions): AsyncQueue {
  const { concurrency } = options;
  const waiting = new Set<Attempt>();
  const timers = new Set<NodeJS.Timeout>();
  let stopped = false;
  let running = 0;
  let succeeded = 0;
  let failed = 0;

  function startWaiting(): void {
    for (const attempt of waiting) {
      if (stopped || running >= concurrency) return;
      waiting.delete(attempt);
      running++;
      void run(attempt);
    }
  }

  async function run({ invocation, number }: Attempt): Promise<void> {
    try {
      await options.invoke(invocation);
      succeeded++;
      options.onSettled(invocation);
    } catch (error) {
      fall(invocation, number, error instanceof Error ? error : new Error(String(error)));
    } finally {
      running--;
      startWaiting();
    }
  }

  function fall(invocation: Invocation, number: number, error: Error): void {
    const delay = options.retryDelays(invocation)[number];
    if (delay === undefined) {
      failed++;
      options.onFailed({ ...invocation, error: error.message, attempts: number + 1 });
      options.onSettled(invocation);
      return;
    }
    options.onRetry(invocation, error, delay);
    const timer = setTimeout(() => {
      timers.delete(timer);
      waiting.add({ invocation, number: number + 1 });
      startWaiting();
    }, delay);
    timers.add(timer);
  }

  return {
    push(invocation) {
      waiting.add({ invocation, number: 0 });
      startWaiting();
    },
    counts: () => ({ waiting: waiting.size, running, retrying: timers.size, succeeded, failed }),
    stop() {
      stopped = true;
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

interface Attempt {
  invocation: Invocation;
  /** 0: the first; n: the n-th retry. */
  number: number;
}
