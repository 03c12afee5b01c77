/** The first phase: what is to be done, and in how many tasks. */
import { once, type PhasePorts, type ReduceOptions } from './phase.ts';

export interface Plan {
  /** Name of the snapshot, and of the run. */
  run: string;
  /** Milliseconds since the epoch. */
  startedAt: number;
  options: ReduceOptions;
  /** Tasks that read the table, each an equal share of it. */
  gathers: number;
}

/** Writes down what is to be done. A run that goes on after a failure is found to be planned, and keeps its plan. */
export async function planReduce(ports: Pick<PhasePorts, 'work' | 'id'>, plan: Plan): Promise<Plan> {
  return await once(ports, 'plan', async () => plan);
}
