/**
 * The shortest story of a broken promise: operations and faults are left out for as long as it stays broken.
 * Follows Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input" (2002).
 */
import type { Plant } from './functions.ts';
import type { Operation, Plan } from './plan.ts';
import type { Violation } from './verdict.ts';
import { withVirtualPauses } from './virtual-time.ts';
import { runWorld } from './world.ts';

export interface Story {
  violation: Violation;
  /** What is left of the plan. */
  operations: Operation[];
  /** Names of the faults that it takes. */
  faults: string[];
  /** Everything that happens, a line each. */
  trace: string[];
}

/**
 * Shrinks a world that breaks a promise to a story in which the same promise is broken, and in which nothing can be
 * left out.
 */
export function shrink(plan: Plan, plant?: Plant): Promise<Story> {
  return withVirtualPauses(async () => {
    const run = (parts: Part[], traced = false) => {
      const operations = parts.filter((part) => typeof part !== 'string');
      const only = new Set(parts.filter((part) => typeof part === 'string'));
      return runWorld({ ...plan, operations }, { only, traced, ...(plant && { plant }) });
    };
    const { violations, struck } = await runWorld(plan, plant ? { plant } : {});
    const rule = violations[0]?.rule;
    if (rule === undefined) throw new Error(`world ${plan.world} ${plan.seed} breaks no promise`);

    const parts = await leaveOut<Part>([...plan.operations, ...struck], async (some) => {
      const result = await run(some);
      return result.violations.some((violation) => violation.rule === rule);
    });
    const { violations: found, trace, struck: faults } = await run(parts, true);
    const violation = found.find((one) => one.rule === rule);
    if (!violation) throw new Error(`world ${plan.world} ${plan.seed} is not the same each time`);
    return { violation, operations: parts.filter((part) => typeof part !== 'string'), faults, trace };
  });
}

/** An operation, or the name of a fault. */
type Part = Operation | string;

/** Leaves out as many parts as can be, in ever smaller runs, until none can. */
async function leaveOut<T>(all: T[], isEnough: (some: T[]) => Promise<boolean>): Promise<T[]> {
  let parts = all;
  for (let size = Math.ceil(parts.length / 2); size > 0; ) {
    const before = parts.length;
    for (let start = 0; start < parts.length; ) {
      const rest = parts.toSpliced(start, size);
      if (await isEnough(rest)) parts = rest;
      else start += size;
    }
    if (size > 1) size = Math.floor(size / 2);
    else if (parts.length === before) size = 0;
  }
  return parts;
}
