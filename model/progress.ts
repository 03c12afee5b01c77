/** Progress of a long step: a bar on a terminal, otherwise a line now and then. */
import type { WriteStream } from 'node:tty';
import { Presets, SingleBar } from 'cli-progress';

export interface Progress {
  /** Takes how much is done, of how much, and how many of these were refused; the step ends when all is done. */
  update(done: number, total: number, refused?: number): void;
  /** Ends the step, done or not. */
  stop(): void;
}

/**
 * Begins a step, such as `featurized`.
 *
 * @param unit of the numbers, such as ` MB`
 */
export function showProgress(step: string, unit = '', output: WriteStream = process.stdout): Progress {
  return output.isTTY ? showBar(step, unit, output) : printLines(step, unit, output);
}

/** Columns that a bar leaves to what is said beside it, which a narrow terminal would cut off. */
const NUMBERS = 60;

function showBar(step: string, unit: string, stream: WriteStream): Progress {
  const format = `${step.padEnd(11)} {bar} {value}/{total}${unit}{refused}  {duration_formatted}{pace}`;
  const paceOf = measurePace();
  const barsize = Math.max(5, Math.min(40, (stream.columns || 80) - NUMBERS));
  const bar = new SingleBar({ format, stream, hideCursor: true, barsize }, Presets.shades_classic);
  let isEnded = false;
  process.once('exit', () => bar.stop()); // however the program ends, the cursor is seen again
  return {
    update(done, total, refused = 0) {
      if (isEnded) return;
      const told = { refused: tellRefused(refused), pace: paceOf(done, total, unit) };
      if (bar.isActive) bar.update(done, told);
      else bar.start(total, done, told);
      isEnded = done >= total;
      if (isEnded) bar.stop();
    },
    // A bar that is not stopped keeps the process alive and the terminal without line breaks.
    stop: () => bar.stop(),
  };
}

/** A line at the beginning, then at most one every 5 seconds, and one at the end. */
function printLines(step: string, unit: string, output: WriteStream): Progress {
  const start = performance.now();
  const paceOf = measurePace();
  let last = Number.NEGATIVE_INFINITY;
  let isEnded = false;
  return {
    update(done, total, refused = 0) {
      const now = performance.now();
      const pace = paceOf(done, total, unit);
      if (isEnded || (done < total && now - last < 5000)) return;
      last = now;
      isEnded = done >= total;
      const seconds = isEnded ? ` in ${((now - start) / 1000).toFixed(1)} s` : pace;
      output.write(`${step}: ${done - refused} of ${total}${unit}${tellRefused(refused)}${seconds}\n`);
    },
    stop() {},
  };
}

/** How fast a step goes and how long it will take, by all that was done since it was first told of. */
function measurePace(): (done: number, total: number, unit: string) => string {
  let first: { at: number; done: number } | undefined;
  return (done, total, unit) => {
    const at = performance.now();
    first ??= { at, done };
    const rate = (1000 * (done - first.done)) / (at - first.at);
    if (!(rate > 0) || at - first.at < 2000) return '';
    return `, ${rate.toFixed(rate < 10 ? 1 : 0)}${unit}/s, ${Math.ceil((total - done) / rate)} s left`;
  };
}

function tellRefused(refused: number): string {
  return refused > 0 ? `, refused: ${refused}` : '';
}
