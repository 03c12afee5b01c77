import { performance } from 'node:perf_hooks';
import type { Clock, Deadline } from '../core/ports.ts';

/** The system's clock, with fractions of a millisecond. */
export const clock: Clock = { now: () => performance.timeOrigin + performance.now() };

/** The time that Lambda leaves an invocation. */
export function deadlineOf(context: { getRemainingTimeInMillis(): number }): Deadline {
  const left = () => context.getRemainingTimeInMillis();
  return {
    left,
    at(millisecondsLeft, callBack) {
      const timer = setTimeout(callBack, Math.max(0, left() - millisecondsLeft));
      return () => clearTimeout(timer);
    },
  };
}
