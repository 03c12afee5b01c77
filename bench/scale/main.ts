/**
 * The phases of a large reduce over synthetic rows, each in a process of its own, over files in a folder that are far
 * away as in S3: `npm run bench -- scale [--rows 750000,1500000,3000000] [--dimension 64] [--folder DIR]`. Time should
 * grow as the rows do, and the memory of a phase not at all. Needs 8·d + 800 bytes of disk a row.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { PhaseFigures, PhaseTasks } from './phase-once.ts';
import { runProcess } from './run-process.ts';

/** In the order of running, and what each has many tasks of. */
const PHASES = ['gather', 'split', 'assemble', 'fit', 'project', 'publish'] as const;

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      rows: { type: 'string', default: '750000,1500000,3000000' },
      dimension: { type: 'string', default: '64' },
      folder: { type: 'string', default: tmpdir() },
    },
  });
  const dimension = Number(values.dimension);
  console.log(`scale: rows of ${dimension} features to 8 components on ${availableParallelism()} cores`);
  for (const rows of values.rows.split(',').map(Number)) {
    const folder = mkdtempSync(join(values.folder, 'verger-scale-'));
    try {
      await reduceIn(folder, rows, dimension);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

async function reduceIn(folder: string, rows: number, dimension: number): Promise<void> {
  console.log(`${rows.toLocaleString('en-US')} rows; load ${loadavg()[0]?.toFixed(1)} at the beginning`);
  console.log('phase      tasks  processor s  µs a row  wall s  peak MB  read back MB');
  let ranges = 0;
  for (const phase of PHASES) {
    const task: PhaseTasks = { folder, rows, dimension, phase, ranges };
    const figures = await runProcess<PhaseFigures>(new URL('phase-once.ts', import.meta.url), task);
    ranges = figures.ranges ?? ranges;
    const { tasks, processorSeconds, wallSeconds, peakMegabytes, readMegabytes } = figures;
    console.log(
      [
        phase.padEnd(9),
        String(tasks).padStart(7),
        processorSeconds.toFixed(1).padStart(13),
        ((1e6 * processorSeconds) / rows).toFixed(1).padStart(10),
        wallSeconds.toFixed(1).padStart(8),
        peakMegabytes.toFixed(0).padStart(9),
        readMegabytes.toFixed(0).padStart(14),
      ].join(''),
    );
  }
}
