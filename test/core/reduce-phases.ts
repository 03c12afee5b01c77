/** The phases of reduce as an engine runs them: each task by itself, over work files that are far away. */
import assert from 'node:assert/strict';
import { parsePhaseEvent } from '../../functions/adapters/requests/reduce.ts';
import type { ReducePorts } from '../../functions/core/reduce/phase.ts';
import type { ReduceResult } from '../../functions/core/reduce/publish.ts';
import { runPhase } from '../../functions/core/reduce/run-phase.ts';
import type { WorkStore } from '../../functions/core/spool/work-store.ts';
import { shuffled } from './reduce-fixture.ts';

/**
 * Reduces in phases; the tasks of a phase in any order, and two attempts at each side by side.
 *
 * @param request with `segments`, the tasks that read the table
 */
export async function reduceInPhases(
  ports: ReducePorts,
  work: WorkStore,
  request: unknown,
): Promise<ReduceResult> {
  let attempts = 0;
  const id = () => (attempts++ === 0 ? ports.id() : `attempt-${attempts}`);
  async function perform<T>(event: object): Promise<T> {
    return (await runPhase({ ...ports, id, workOf: () => work }, parsePhaseEvent(event))) as T;
  }
  async function performAll(phase: string, run: string, tasks: number[]) {
    for (const task of shuffled(tasks, tasks.length)) {
      const event = { phase, run, task };
      const answers = await Promise.all([perform(event), perform(event)]);
      assert.deepEqual(answers, [{ task }, { task }]);
    }
  }
  const plan = await perform<{ run: string; gathers: number[] }>({ phase: 'plan', request });
  const { run, gathers } = plan;
  assert.deepEqual(await perform({ phase: 'plan', request: { resume: run } }), plan);
  await performAll('gather', run, gathers);
  const { ranges } = await perform<{ ranges: number[] }>({ phase: 'split', run });
  await performAll('assemble', run, ranges);
  assert.deepEqual(await perform({ phase: 'fit', run }), {});
  await performAll('project', run, ranges);
  return await perform({ phase: 'publish', run });
}
