/** The second driver: one task of one phase, as an engine asks for it; work files lie where every task reaches them. */
import { InvalidRequest } from '../errors.ts';
import { nameSnapshot } from '../snapshot/layout.ts';
import { LocalWork } from '../spool/local-work.ts';
import { withScratchFolder } from '../spool/scratch.ts';
import { BLOCK_ROWS } from '../spool/sorted-run.ts';
import type { WorkStore } from '../spool/work-store.ts';
import { assemble } from './assemble.ts';
import { estimateItems } from './estimate.ts';
import { fit } from './fit.ts';
import { gather } from './gather.ts';
import { MOST_TASKS, type PhasePorts, type ReduceOptions, type ReducePorts, resultOf } from './phase.ts';
import { type Plan, planReduce } from './plan.ts';
import { project } from './project.ts';
import { publish, type ReduceResult } from './publish.ts';
import { split } from './split.ts';
import { TREE } from './tree.ts';

export interface EnginePorts extends ReducePorts {
  /** The work files of a run. */
  workOf(run: string): WorkStore;
}

/** What an engine asks for. */
export type PhaseRequest =
  | { phase: 'plan'; options: ReduceOptions; segments?: number | undefined }
  /** A run that failed goes on: what its tasks have done stays done. */
  | { phase: 'plan'; resume: string }
  | { phase: 'gather' | 'assemble' | 'project'; run: string; task: number }
  | { phase: 'split' | 'fit' | 'publish'; run: string };

/** What it is told. Of tasks of which there are many it is a few bytes, as an engine collects them. */
export type PhaseAnswer =
  | { run: string; gathers: number[] }
  | { ranges: number[] }
  | { task: number }
  | Record<string, never>
  | ReduceResult;

/** Rows that are sorted in memory at a time, 0.7 GB at 1280 features: a run of each task that reads the table. */
const RUN_ROWS = 32 * BLOCK_ROWS;

/** Runs one task. Run again, after its end or beside another attempt, it answers with what the first one made. */
export async function runPhase(ports: EnginePorts, request: PhaseRequest): Promise<PhaseAnswer> {
  if (request.phase === 'plan') {
    const { run, gathers } = await ('resume' in request
      ? planOf(ports, request.resume)
      : plan(ports, request));
    return { run, gathers: upTo(gathers) };
  }
  return await withScratchFolder(ports.temporaryDirectory, async (folder) => {
    const scratch = new LocalWork(folder);
    try {
      const work = ports.workOf(request.run);
      return await runTask(
        { ...ports, work, folder, scratch, runRows: RUN_ROWS, tree: ports.tree ?? TREE },
        request,
      );
    } finally {
      scratch.close();
    }
  });
}

async function runTask(
  ports: PhasePorts,
  request: Exclude<PhaseRequest, { phase: 'plan' }>,
): Promise<PhaseAnswer> {
  switch (request.phase) {
    case 'gather':
      await gather(ports, request.task);
      return { task: request.task };
    case 'split':
      return { ranges: upTo((await split(ports)).ranges) };
    case 'assemble':
      await assemble(ports, request.task);
      return { task: request.task };
    case 'fit':
      await fit(ports);
      return {};
    case 'project':
      await project(ports, request.task);
      return { task: request.task };
    case 'publish':
      return await publish(ports);
  }
}

async function plan(
  ports: EnginePorts,
  { options, segments }: { options: ReduceOptions; segments?: number | undefined },
): Promise<Plan> {
  const startedAt = ports.clock.now();
  const run = nameSnapshot(startedAt, ports.id());
  const gathers = segments ?? Math.ceil((await estimateItems(ports)) / RUN_ROWS);
  const wanted = { run, startedAt, options, gathers: Math.min(Math.max(1, gathers), MOST_TASKS) };
  return await planReduce({ work: ports.workOf(run), id: ports.id }, wanted);
}

async function planOf(ports: EnginePorts, run: string): Promise<Plan> {
  try {
    return await resultOf<Plan>(ports.workOf(run), 'plan');
  } catch (cause) {
    throw new InvalidRequest(`there are no work files of a run ${run}; they are removed after some days`, {
      cause,
    });
  }
}

/** 0, 1, 2 … below `count`. */
function upTo(count: number): number[] {
  return [...Array(count).keys()];
}
