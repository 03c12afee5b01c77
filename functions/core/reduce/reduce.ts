/** Reducing: the features of all photos → a PCA, and a snapshot that people can use. Here in one function. */
import { nameSnapshot } from '../snapshot/layout.ts';
import { LocalWork } from '../spool/local-work.ts';
import { withScratchFolder } from '../spool/scratch.ts';
import { BLOCK_ROWS } from '../spool/sorted-run.ts';
import { assemble } from './assemble.ts';
import { fit } from './fit.ts';
import { gather } from './gather.ts';
import type { PhasePorts, ReduceOptions, ReducePorts } from './phase.ts';
import { planReduce } from './plan.ts';
import { project } from './project.ts';
import { publish, type ReduceResult } from './publish.ts';
import { split } from './split.ts';
import { TREE } from './tree.ts';

/**
 * Reads the features table once, fits a PCA to all rows, and publishes a snapshot of rows, PCA and report: the phases
 * one after the other, over local disk.
 *
 * Memory does not grow with the number of photos; local disk does. The same rows and options give the same Parquet
 * bytes. A failure, or the end of the process, at any moment leaves the previous snapshot current.
 *
 * @throws InvalidRequest, ModelMismatch, ContractBroken or TooFewRows before anything is written
 * @throws whatever a store throws; nothing is published then
 */
export async function reduceFeatures(ports: ReducePorts, options: ReduceOptions): Promise<ReduceResult> {
  return await withScratchFolder(ports.temporaryDirectory, async (folder) => {
    const work = new LocalWork(folder);
    try {
      const phases = { ...ports, work, folder, scratch: work, runRows: BLOCK_ROWS, tree: ports.tree ?? TREE };
      return await reduceIn(phases, options);
    } finally {
      work.close();
    }
  });
}

async function reduceIn(ports: PhasePorts, options: ReduceOptions): Promise<ReduceResult> {
  const startedAt = ports.clock.now();
  const run = nameSnapshot(startedAt, ports.id());
  await planReduce(ports, { run, startedAt, options, gathers: 1 });
  await gather(ports, 0);
  const { ranges } = await split(ports);
  for (let range = 0; range < ranges; range++) await assemble(ports, range);
  await fit(ports);
  for (let range = 0; range < ranges; range++) await project(ports, range);
  return await publish(ports);
}
