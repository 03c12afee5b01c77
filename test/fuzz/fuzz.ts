/** Mutants, and what Verger makes of each, in processes that may end or be ended. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type Mutant, mutate } from './mutate.ts';
import type { Original } from './originals.ts';
import type { Verdict } from './worker.ts';

export interface Outcome extends Omit<Verdict, 'kind'> {
  mutant: Mutant;
  kind: Verdict['kind'] | 'ended the process' | 'took too long' | 'took too much memory';
}

export interface FuzzOptions {
  /** Path of an ONNX file. */
  model: string;
  originals: readonly Original[];
  seed: number;
  images: number;
  onOutcome: (outcome: Outcome) => void;
}

/** No photo may take more: seconds of one core, and bytes. */
export const MOST_SECONDS = 20;
export const MOST_MEMORY = 1.2e9;
/** On a machine that is busy with other things a photo may wait this long for its seconds. */
const PATIENCE_MS = 120_000;

/** Tries mutants 0 to `images`, as many at once as there are cores. */
export async function fuzz({ model, originals, seed, images, onOutcome }: FuzzOptions): Promise<void> {
  let next = 0;
  const tryRest = async (): Promise<void> => {
    let worker: ChildProcess | undefined;
    while (next < images) {
      const mutant = mutate(originals, seed, next++);
      worker ??= await startWorker(model);
      const outcome = await tryMutant(worker, mutant);
      onOutcome(outcome);
      // Memory is counted from the process's start: after a mutant that took too much of it, with a new one.
      if (outcome.kind !== 'accepted' && outcome.kind !== 'refused') {
        worker.kill('SIGKILL');
        worker = undefined;
      }
    }
    worker?.kill('SIGKILL');
  };
  await Promise.all(Array.from({ length: availableParallelism() }, tryRest));
}

const WORKER = fileURLToPath(new URL('worker.ts', import.meta.url));

async function startWorker(model: string): Promise<ChildProcess> {
  const worker = fork(WORKER, [model], { execArgv: ['--import', 'tsx'], serialization: 'advanced' });
  await once(worker, 'message');
  return worker;
}

async function tryMutant(worker: ChildProcess, mutant: Mutant): Promise<Outcome> {
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    worker.kill('SIGKILL');
  }, PATIENCE_MS);
  const answered = new AbortController();
  const { signal } = answered;
  worker.send(mutant.bytes, () => {}); // where it fails, `exit` follows
  try {
    const [verdict] = (await Promise.race([
      once(worker, 'message', { signal }),
      once(worker, 'exit', { signal }).then(([code, how]) => [how ?? code]),
    ])) as [Verdict | number | string];
    if (typeof verdict !== 'object') {
      const kind = isLate ? 'took too long' : 'ended the process';
      return { mutant, kind, said: String(verdict), seconds: PATIENCE_MS / 1000, memory: Number.NaN };
    }
    const { seconds, memory } = verdict;
    if (seconds > MOST_SECONDS) return { ...verdict, mutant, kind: 'took too long' };
    if (memory > MOST_MEMORY) return { ...verdict, mutant, kind: 'took too much memory' };
    return { ...verdict, mutant };
  } finally {
    clearTimeout(timer);
    answered.abort();
  }
}
