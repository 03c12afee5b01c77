/** Runs what stands beside Verger: Python programs of this folder. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** Where docs/benchmarks.md installs the requirements; PEERS_PYTHON names another Python. */
const INSTALLED = join(import.meta.dirname, '../../build/peers/bin/python');

/** Why a peer could not be measured. */
export interface Skipped {
  skipped: string;
}

interface Ended {
  code: number | null;
  output: string;
  errors: string;
}

/**
 * Runs a Python program of this folder with as many threads as Verger has.
 *
 * @param folder made for it, and removed when it has ended
 * @returns what it printed, parsed as JSON; or why it could not run here
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
  const all = [join(import.meta.dirname, script), ...args.map(String)];
  const { code, output, errors } = await runProgram(python, all, { folder, environment });
  if (code === 0) return JSON.parse(output);
  const missing = /No module named '(.+?)'|(JAVA_GATEWAY_EXITED|JAVA_HOME)|(ENOENT)/.exec(errors);
  if (missing === null) throw new Error(`${script} failed: ${errors}`);
  const [, module, java] = missing;
  return { skipped: module ? `${python} has no ${module}` : java ? 'no Java' : 'no Python' };
}

/** @param folder made for the program, and removed when it has ended */
export async function runProgram(
  program: string,
  args: string[],
  { folder, environment }: { folder: string; environment?: Record<string, string> },
): Promise<Ended> {
  mkdirSync(folder, { recursive: true });
  try {
    const env = { ...process.env, ...environment };
    const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
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
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
