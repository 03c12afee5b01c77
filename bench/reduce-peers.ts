/** Other processes of the reduce benchmark: one reduce, or a Python program of bench/peers. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { ReduceFigures, ReduceTask } from './reduce-once.ts';

const PEERS = join(import.meta.dirname, 'peers');
/** Where docs/benchmarks.md installs the requirements; another Python is named by PEERS_PYTHON. */
const INSTALLED = join(import.meta.dirname, '../build/peers/bin/python');

/** Why a peer could not be measured. */
export interface Skipped {
  skipped: string;
}

/** Runs one reduce in a process of its own. */
export async function reduceOnce(task: ReduceTask): Promise<ReduceFigures> {
  const script = join(import.meta.dirname, 'reduce-once.ts');
  const { code, output, errors } = await inFolder(task.folder, () =>
    start(process.execPath, ['--import', 'tsx', script, JSON.stringify(task)]),
  );
  if (code !== 0) throw new Error(`a reduce of ${task.rows} rows failed: ${errors}`);
  return JSON.parse(output);
}

/**
 * Runs a program of bench/peers with as many threads as Verger has.
 *
 * @param folder made for it, and removed when it has ended
 * @returns what it printed, or why it could not run here
 */
export async function runPeer<T>(
  script: string,
  args: (string | number)[],
  { threads, folder }: { threads: number; folder: string },
): Promise<T | Skipped> {
  const python = process.env.PEERS_PYTHON ?? (existsSync(INSTALLED) ? INSTALLED : 'python3');
  const count = String(threads);
  const environment = {
    OMP_NUM_THREADS: count,
    OPENBLAS_NUM_THREADS: count,
    MKL_NUM_THREADS: count,
    // Spark's Python workers are this Python too.
    PYSPARK_PYTHON: python,
    PYTHONDONTWRITEBYTECODE: '1',
  };
  const { code, output, errors } = await inFolder(folder, () =>
    start(python, [join(PEERS, script), ...args.map(String)], environment),
  );
  if (code === 0) return JSON.parse(output);
  const missing = /No module named '(.+?)'|(JAVA_GATEWAY_EXITED|JAVA_HOME)|(ENOENT)/.exec(errors);
  if (missing === null) throw new Error(`${script} failed: ${errors}`);
  const [, module, java] = missing;
  return { skipped: module ? `${python} has no ${module}` : java ? 'no Java' : 'no Python' };
}

async function inFolder<T>(folder: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(folder, { recursive: true });
  try {
    return await work();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function start(program: string, args: string[], environment: Record<string, string> = {}) {
  const child = spawn(program, args, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<{ code: number | null; error: string }>((resolve) => {
    child.once('error', (error) => resolve({ code: null, error: error.message }));
    child.once('close', (code) => resolve({ code, error: '' }));
  });
  const [output, errors, { code, error }] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    ended,
  ]);
  return { code, output, errors: errors + error };
}
