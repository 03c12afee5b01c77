/** The local stack as a child process: `sls offline start`. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { VergerError } from '../../functions/core/errors.ts';
import type { StackDescription } from '../stack/start-stack.ts';

export interface StackProcessOptions {
  /** Settings of the stack, such as `VERGER_S3_PORT`, added to this process's own environment. */
  environment: Record<string, string>;
  /** File that takes its output; by default it goes to this process's own. */
  log?: string;
  /** Settles when the functions are bundled, where that is still going on: the stack loads in the meantime. */
  bundled?: Promise<unknown>;
}

export type StackProcess = ReturnType<typeof startStackProcess>;

interface End {
  code: number | null;
  /** SIGTERM: it was asked to stop, or nobody reads its output any more. */
  signal: NodeJS.Signals | null;
  /** What it was ended by, where that was an error of its own, such as a full disk. */
  why: string | undefined;
}

/** Starts the stack. */
export function startStackProcess({ environment, log, bundled }: StackProcessOptions) {
  const output = log === undefined ? 'inherit' : openSync(log, 'w', 0o600);
  const child = spawn(process.execPath, [serverlessBin(), 'offline', 'start'], {
    cwd: ROOT,
    detached: true, // Ctrl-C on a terminal is for this process, which stops the stack
    env: {
      ...process.env,
      ...environment,
      SLS_LOG_LEVEL: 'warning',
      ...(bundled && { VERGER_BUNDLING: 'true' }), // plugin.mjs waits for word
    },
    stdio: ['ignore', output, output, 'ipc'],
  });
  if (typeof output === 'number') closeSync(output);
  let why: string | undefined;
  child.on('message', ({ crashed = why }: { crashed?: string }) => {
    why = crashed;
  });
  const ended = new Promise<End>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal, why }));
  });
  const told = bundled?.then(() => child.connected && child.send('bundled'));
  return {
    /** Settles when the stack answers. @throws VergerError with what it says, or the end of its output */
    ready: Promise.all([whenReady(child, ended, log), told]).then(([description]) => description),
    /** Settles when the process ends, by itself or not. */
    ended,
    /** Asks the process to stop, and waits for it; kills it if it takes too long, or at once where nobody needs its data. */
    async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill(signal);
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const STOP_WITHIN_MS = 8000;

function serverlessBin(): string {
  return createRequire(import.meta.url).resolve('serverless/bin/serverless.js');
}

async function whenReady(
  child: ChildProcess,
  ended: Promise<End>,
  log: string | undefined,
): Promise<StackDescription> {
  const failed = ended.then(({ code, why }): never => {
    const output = log === undefined ? '' : `:\n${lastLines(log)}`;
    throw new VergerError(
      'STACK_ENDED',
      why === undefined
        ? `The local stack did not start (exit code ${code})${output}`
        : `The local stack did not start: ${why}`,
    );
  });
  const [message] = await Promise.race([once(child, 'message'), failed]);
  if ('crashed' in message) return failed;
  if ('failed' in message) throw new VergerError('STACK_FAILED', message.failed);
  return message;
}

/** The last lines of a log file, for a message. */
function lastLines(path: string, count = 15): string {
  return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-count).join('\n');
}
