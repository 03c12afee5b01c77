/** moto, a stand-in for AWS, from PyPI into a virtual environment. */
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const REQUIREMENTS = join(import.meta.dirname, 'requirements.txt');
const SERVER = join(import.meta.dirname, 'moto_server.py');
const BUILD = join(import.meta.dirname, '../../build');

/** A Python that has moto and cfn-lint, or why there is none. */
export type Python = { python: string } | { missing: string };

/**
 * Finds the Python that `MOTO_PYTHON` names, or else makes a virtual environment in `build`, once for each version of
 * requirements.txt.
 */
export async function findPython(): Promise<Python> {
  const given = process.env.MOTO_PYTHON;
  if (given) return { python: given };
  const version = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex').slice(0, 12);
  const folder = join(BUILD, `moto-${version}`);
  const python = join(folder, 'bin', 'python');
  if (existsSync(join(folder, 'complete'))) return { python };
  rmSync(folder, { recursive: true, force: true });
  try {
    await run('python3', ['-m', 'venv', folder]);
  } catch (error) {
    return { missing: `needs Python 3 with venv: ${lastLine(error)}` };
  }
  try {
    await run(python, ['-m', 'pip', 'install', '--quiet', '--requirement', REQUIREMENTS]);
  } catch (error) {
    return { missing: `needs moto from PyPI: ${lastLine(error)}` };
  }
  writeFileSync(join(folder, 'complete'), '');
  return { python };
}

export interface Moto {
  /** Such as `http://127.0.0.1:41234`. */
  address: string;
  stop(): Promise<void>;
}

/** Starts moto's server on a free port. @throws Error with what it said where it does not start */
export async function startMoto(python: string): Promise<Moto> {
  const child = spawn(python, [SERVER, '--port', '0'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  let output = '';
  const address = await new Promise<string>((resolve, reject) => {
    const read = (part: Buffer) => {
      output += part;
      const [found] = /http:\/\/127\.0\.0\.1:\d+/.exec(output) ?? [];
      if (found) resolve(found);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('error', reject);
    void ended.then(() => reject(new Error(`moto did not start: ${output}`)));
  });
  return {
    address,
    async stop() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function lastLine(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message: string };
  return (stderr || message).trim().split('\n').at(-1) ?? '';
}
