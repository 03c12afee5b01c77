import { performance } from 'node:perf_hooks';
import type { Clock } from '../core/ports.ts';

/** The system's clock, with fractions of a millisecond. */
export const clock: Clock = { now: () => performance.timeOrigin + performance.now() };
