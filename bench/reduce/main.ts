/**
 * The reduce step beside plain JavaScript, scikit-learn and Spark on the same rows, in one run:
 * `npm run bench -- reduce [--quick] [--threads N]`. What is measured, and how: docs/benchmarks.md.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createMatrixProducts } from '../../functions/adapters/onnx-matrix.ts';
import { type MatrixProducts, plainMatrixProducts } from '../../functions/core/pca/matrix.ts';
import { deployedMalloc } from '../deployed-malloc.ts';
import { runPeer, runProgram } from '../peers/run-peer.ts';
import {
  type Figures,
  FULL_FITS,
  INCREMENTAL_BATCHES,
  INCREMENTAL_ROWS,
  ML_PCA_ROWS,
  type Peer,
  PLAIN_ROWS,
  type Round,
} from './figures.ts';
import type { ReduceFigures, ReduceTask } from './once.ts';
import { readRows, timeAccumulate, timeFits, timeMlPca } from './plain.ts';
import { printFigures, printTargets } from './print.ts';
import { DIMENSION, writeRows } from './rows.ts';
import { withTable } from './table.ts';

const SMALL = 20_000;
const LARGE = 100_000;
/** Times that Verger and scikit-learn take turns: a machine that is busy elsewhere shows, and slows both. */
const ROUNDS = 2;
interface Setting {
  folder: string;
  /** The file of rows. */
  path: string;
  sizes: number[];
  threads: number;
}

/** Measures and prints everything; a peer that is not installed is skipped by name. */
export async function run(args: string[]): Promise<void> {
  const options = { quick: { type: 'boolean' }, threads: { type: 'string' } } as const;
  const { quick, threads = availableParallelism() } = parseArgs({ args, options }).values;
  const folder = mkdtempSync(join(tmpdir(), 'verger-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
  const sizes = quick ? [SMALL] : [SMALL, LARGE];
  const figures = await measure({ folder, path: join(folder, 'rows.f32'), sizes, threads: Number(threads) });
  printFigures(figures);
  printTargets(figures);
}

async function measure(setting: Setting): Promise<Figures> {
  const { folder, path, sizes, threads } = setting;
  const products = createMatrixProducts(threads);
  console.log(`reduce: rows of ${DIMENSION} features to 64 components, on ${availableParallelism()} cores,`);
  console.log(`threads a side: ${threads}; Node ${process.versions.node}`);
  await writeRows(path, sizes.at(-1)!, products);

  const rounds: Round[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    tell(`round ${round} of ${ROUNDS}: Verger and scikit-learn in turns`);
    rounds.push(await takeTurns(setting, products));
  }
  tell('plain JavaScript and ml-pca');
  const rows = await readRows(path, PLAIN_ROWS);
  const plainAccumulate = await timeAccumulate(rows, plainMatrixProducts);
  const fits = await timeFits(rows, products);
  const mlPca = await timeMlPca(rows.subarray(0, ML_PCA_ROWS * DIMENSION));
  tell('local DynamoDB');
  const [few] = sizes as [number];
  const fromTable = await withTable({ path, rows: few, folder }, (from) =>
    reduceOnce({ rows: few, from, folder: join(folder, 'verger'), threads }),
  );
  tell('Spark');
  const spark: Peer[] = [];
  for (const size of sizes) {
    const work = join(folder, 'spark');
    spark.push(await runPeer('spark_pca.py', [path, size, threads, work], { threads, folder: work }));
  }
  return { sizes, rounds, fromTable, spark, plainAccumulate, mlPca, fits };
}

async function takeTurns(
  { folder, path, sizes, threads }: Setting,
  products: MatrixProducts,
): Promise<Round> {
  const some = await readRows(path, INCREMENTAL_ROWS);
  const accumulate = await timeAccumulate(some, products);
  const round: Round = { accumulate, incremental: [], reduces: [], full: [] };
  const peer = { threads, folder: join(folder, 'peer') };
  for (const batch of INCREMENTAL_BATCHES) {
    const args = [path, INCREMENTAL_ROWS, batch];
    round.incremental.push(await runPeer('incremental_pca.py', args, peer));
  }
  for (const rows of sizes) {
    round.reduces.push(await reduceOnce({ rows, from: { path }, folder: join(folder, 'verger'), threads }));
    const full: Peer[] = [];
    for (const { solver, precision } of FULL_FITS) {
      full.push(await runPeer('full_pca.py', [path, rows, precision, solver, peer.folder], peer));
    }
    round.full.push(full);
  }
  return round;
}

function tell(what: string): void {
  console.log(`  load average ${loadavg()[0]?.toFixed(1).padStart(4)}  ${what}`);
}

/** Runs one reduce in a process of its own, which holds its memory as the deployed function does. */
async function reduceOnce(task: ReduceTask): Promise<ReduceFigures> {
  const script = join(import.meta.dirname, 'once.ts');
  const args = ['--import', 'tsx', script, JSON.stringify(task)];
  const { code, output, errors } = await runProgram(process.execPath, args, {
    folder: task.folder,
    environment: deployedMalloc('reduce'),
  });
  if (code !== 0) throw new Error(`a reduce of ${task.rows} rows failed: ${errors}`);
  return JSON.parse(output);
}
