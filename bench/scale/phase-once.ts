/** All tasks of one phase, one after the other, in a process of its own. Prints {@link PhaseFigures} as JSON. */
import { join } from 'node:path';
import { clock } from '../../functions/adapters/clock.ts';
import { createMatrixProducts } from '../../functions/adapters/onnx-matrix.ts';
import { parseReduceEvent } from '../../functions/adapters/requests/reduce.ts';
import { planReduce } from '../../functions/core/reduce/plan.ts';
import { type EnginePorts, type PhaseRequest, runPhase } from '../../functions/core/reduce/run-phase.ts';
import { createFolderSnapshots } from '../../test/folder-snapshots.ts';
import { createFolderTable } from '../../test/folder-table.ts';
import { createFolderWork } from '../../test/folder-work.ts';
import { syntheticTable } from './synthetic-table.ts';

export interface PhaseTasks {
  /** Holds the work files and the snapshot. */
  folder: string;
  rows: number;
  dimension: number;
  phase: Exclude<PhaseRequest['phase'], 'plan'>;
  /** Number of ranges, where it is known. */
  ranges: number;
}

export interface PhaseFigures {
  tasks: number;
  /** User and system, of all threads. */
  processorSeconds: number;
  wallSeconds: number;
  /** Largest resident set. */
  peakMegabytes: number;
  /** Read of work files, 10⁶ bytes. */
  readMegabytes: number;
  /** What `split` says. */
  ranges?: number;
}

/** As the engine plans it. */
const ROWS_A_GATHER = 131_072;
const RUN = '20260101T000000.000Z-scale';

const { folder, rows, dimension, phase, ranges } = JSON.parse(process.argv[2] ?? '') as PhaseTasks;
let read = 0;
const work = createFolderWork(join(folder, 'work'), (bytes) => {
  read += bytes;
});
const ports: EnginePorts = {
  features: syntheticTable(rows, dimension),
  snapshots: createFolderSnapshots(folder, 'link'),
  table: createFolderTable(folder),
  snapshotDays: 90,
  workOf: () => work,
  products: createMatrixProducts(),
  clock,
  log: { info: () => {}, warn: () => {} },
  id: () => `${process.pid}`,
  temporaryDirectory: join(folder, 'temporary'),
  software: 'verger bench',
};

const gathers = Math.ceil(rows / ROWS_A_GATHER);
if (phase === 'gather') {
  const { options } = parseReduceEvent({ components: 8 });
  await planReduce({ work, id: ports.id }, { run: RUN, startedAt: 0, options, gathers });
}
const tasks = { gather: gathers, split: 1, assemble: ranges, fit: 1, project: ranges, publish: 1 }[phase];
const start = performance.now();
const before = process.cpuUsage();
let found: number | undefined;
for (let task = 0; task < tasks; task++) {
  const answer = await runPhase(ports, { phase, run: RUN, task } as PhaseRequest);
  if ('ranges' in answer) found = (answer.ranges as number[]).length;
}
const { user, system } = process.cpuUsage(before);
const figures: PhaseFigures = {
  tasks,
  processorSeconds: (user + system) / 1e6,
  wallSeconds: (performance.now() - start) / 1000,
  peakMegabytes: (process.resourceUsage().maxRSS * 1024) / 1e6,
  readMegabytes: read / 1e6,
  ...(found !== undefined && { ranges: found }),
};
console.log(JSON.stringify(figures));
