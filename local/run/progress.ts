/** How far a step is: a bar on a terminal, a line now and then otherwise. */
import { Presets, SingleBar } from 'cli-progress';

/** Told how many of how many are done; the step ends when they are the same. */
export type Progress = (done: number, total: number) => void;

/** Begins a step, such as `featurized`. */
export function showProgress(step: string, output = process.stdout): Progress {
  return output.isTTY ? showBar(step) : printLines(step, output);
}

function showBar(step: string): Progress {
  const format = `${step.padEnd(11)} {bar} {value}/{total}  {duration_formatted}`;
  const bar = new SingleBar({ format, hideCursor: true, etaBuffer: 100 }, Presets.shades_classic);
  let isStarted = false;
  return (done, total) => {
    if (!isStarted) bar.start(total, done);
    else bar.update(done);
    isStarted = true;
    if (done >= total) bar.stop();
  };
}

/** At most a line each 5 seconds, and one at the end. */
function printLines(step: string, output: NodeJS.WritableStream): Progress {
  const start = performance.now();
  let last = start;
  let isEnded = false;
  return (done, total) => {
    const now = performance.now();
    if (isEnded || (done < total && now - last < 5000)) return;
    last = now;
    isEnded = done >= total;
    const seconds = isEnded ? ` in ${((now - start) / 1000).toFixed(1)} s` : '';
    output.write(`${step}: ${done} of ${total}${seconds}\n`);
  };
}
