/** Worlds, one after the other, until so many deliveries have been made or one world breaks a promise. */
import type { FaultKind } from './faults.ts';
import type { Plant } from './functions.ts';
import type { Versioning } from './model/bucket.ts';
import { makePlan, type Plan } from './plan.ts';
import type { Violation } from './verdict.ts';
import { withVirtualPauses } from './virtual-time.ts';
import { runWorld } from './world.ts';

export interface SimulateOptions {
  deliveries: number;
  /** Of the first world; each that follows has the next. */
  seed: number;
  /** Which worlds take turns. */
  worlds: readonly Versioning[];
  plant?: Plant;
  /** Which plans are carried out; all, where it is absent. */
  accepts?: (plan: Plan) => boolean;
  /** Told after each world. */
  onWorld?: (deliveries: number) => void;
}

export interface SimulationResult {
  worlds: number;
  deliveries: number;
  operations: Map<string, number>;
  faults: Map<FaultKind, number>;
  /** The first world that broke a promise. */
  failure?: { plan: Plan; violations: Violation[] };
}

/** Runs worlds. The same options give the same result. */
export function simulate(options: SimulateOptions): Promise<SimulationResult> {
  return withVirtualPauses(async () => {
    Error.stackTraceLimit = 0; // nobody reads where these errors were made, and that takes longer than to make them
    const result: SimulationResult = { worlds: 0, deliveries: 0, operations: new Map(), faults: new Map() };
    for (let number = 0; result.deliveries < options.deliveries; number++) {
      const world = options.worlds[number % options.worlds.length] ?? 'unversioned';
      const plan = makePlan(world, options.seed + number);
      if (options.accepts && !options.accepts(plan)) continue;
      const { deliveries, faults, violations } = await runWorld(
        plan,
        options.plant ? { plant: options.plant } : {},
      );
      result.worlds += 1;
      result.deliveries += deliveries;
      for (const { kind } of plan.operations) add(result.operations, kind, 1);
      for (const [kind, count] of faults) add(result.faults, kind, count);
      options.onWorld?.(result.deliveries);
      if (violations.length > 0) return { ...result, failure: { plan, violations } };
    }
    return result;
  });
}

function add<K>(counts: Map<K, number>, key: K, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}
