/** What `npm start`, `npm run dev` and `npm run identify` have in common. */
import { constants } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { inspect, type ParseArgsConfig, parseArgs } from 'node:util';
import { InvalidRequest, VergerError } from '../functions/core/errors.ts';
import { printableLines } from './printable.ts';

/**
 * Runs a program. Where it throws, it ends with 1; what a person can put right is told without a stack.
 *
 * @param stop what is to be undone before a signal, or output that nobody takes, ends the process. Further signals do not
 *   cut it short
 */
export async function runProgram(program: () => Promise<void>, stop?: () => Promise<void>): Promise<void> {
  let isStopping = false;
  const end = async (code: number) => {
    if (isStopping) return;
    isStopping = true;
    await stop?.();
    process.exit(code);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => end(128 + constants.signals[signal]));
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return end(128 + constants.signals.SIGPIPE); // as after `| head`: nobody reads on
    if (!isStopping) console.error(`the output cannot be written: ${error.message}`);
    return end(1);
  });
  process.stderr.on('error', () => {}); // there is nowhere to tell of it
  // The SDK would say on Node 20 that its versions of 2027 want Node 22; the versions here are pinned.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  try {
    await program();
  } catch (error) {
    await signalsToArrive();
    if (isStopping) return;
    console.error(printableLines(isPlain(error) ? error.message : inspect(error)));
    process.exitCode = 1;
  }
}

/**
 * Waits where something has failed. Ctrl-C ends every process of the terminal's group: that a compiler has ended may be
 * known before the signal is, and is no news then.
 */
export function signalsToArrive(): Promise<void> {
  return setTimeout(100);
}

/** What says all by itself: ours, and what the system says of a file or an address, which it names. */
function isPlain(error: unknown): error is Error {
  return error instanceof VergerError || (error instanceof Error && 'syscall' in error);
}

/** Reads a command line. @throws InvalidRequest naming what is not understood, with the usage */
export function readCommandLine<Config extends ParseArgsConfig>(config: Config, usage: string) {
  try {
    return parseArgs(config);
  } catch (error) {
    throw new InvalidRequest(`${(error as Error).message}\n\n${usage}`);
  }
}
