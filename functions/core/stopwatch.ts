import type { Clock } from './ports.ts';

/** Runs a step and adds the time it took to the step's milliseconds. */
export type Timed = <T>(step: string, work: () => Promise<T>) => Promise<T>;

export interface Stopwatch {
  /** By step. */
  milliseconds: Record<string, number>;
  timed: Timed;
}

/**
 * Times steps by the clock given. A step inside another counts only for itself, so that the steps add up to the
 * whole.
 */
export function stopwatch(clock: Clock): Stopwatch {
  const milliseconds: Record<string, number> = {};
  const soFar = () => Object.values(milliseconds).reduce((sum, value) => sum + value, 0);
  const timed: Timed = async (step, work) => {
    const start = clock.now();
    const before = soFar();
    try {
      return await work();
    } finally {
      const own = clock.now() - start - (soFar() - before);
      milliseconds[step] = Math.round(((milliseconds[step] ?? 0) + own) * 100) / 100;
    }
  };
  return { milliseconds, timed };
}
