/** The phases of reduce as an engine runs them: each task by itself, over work files that are far away. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseReduceEvent } from '../../functions/adapters/requests/reduce.ts';
import { assemble } from '../../functions/core/reduce/assemble.ts';
import { fit } from '../../functions/core/reduce/fit.ts';
import { gather } from '../../functions/core/reduce/gather.ts';
import type { PhasePorts, ReducePorts } from '../../functions/core/reduce/phase.ts';
import { planReduce } from '../../functions/core/reduce/plan.ts';
import { project } from '../../functions/core/reduce/project.ts';
import { publish, type ReduceResult } from '../../functions/core/reduce/publish.ts';
import { split } from '../../functions/core/reduce/split.ts';
import { TREE } from '../../functions/core/reduce/tree.ts';
import { nameSnapshot } from '../../functions/core/snapshot/layout.ts';
import { LocalWork } from '../../functions/core/spool/local-work.ts';
import { BLOCK_ROWS } from '../../functions/core/spool/sorted-run.ts';
import type { WorkStore } from '../../functions/core/spool/work-store.ts';
import { shuffled } from './reduce-fixture.ts';

/**
 * Reduces in phases; the tasks of a phase in any order, and two attempts at each side by side.
 *
 * @param gathers tasks that read the table
 */
export async function reduceInPhases(
  ports: ReducePorts,
  work: WorkStore,
  request: unknown,
  gathers: number,
): Promise<ReduceResult> {
  let attempts = 0;
  const id = () => `attempt-${attempts++}`;
  async function task<T>(phase: (ports: PhasePorts, task: number) => Promise<T>, number = 0): Promise<T> {
    const folder = mkdtempSync(join(ports.temporaryDirectory, 'phase-'));
    const scratch = new LocalWork(folder);
    try {
      const runRows = 2 * BLOCK_ROWS;
      return await phase({ ...ports, id, work, folder, scratch, runRows, tree: ports.tree ?? TREE }, number);
    } finally {
      scratch.close();
      rmSync(folder, { recursive: true });
    }
  }
  async function tasks(phase: (ports: PhasePorts, task: number) => Promise<unknown>, count: number) {
    for (const number of shuffled([...Array(count).keys()], count)) {
      await Promise.all([task(phase, number), task(phase, number)]);
    }
  }
  const startedAt = ports.clock.now();
  const run = nameSnapshot(startedAt, ports.id());
  await planReduce({ work, id }, { run, startedAt, options: parseReduceEvent(request).options, gathers });
  await tasks(gather, gathers);
  const { ranges } = await task(split);
  await tasks(assemble, ranges);
  await task(fit);
  await tasks(project, ranges);
  return await task(publish);
}
