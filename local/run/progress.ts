/** How far a step is: a bar on a terminal, a line now and then otherwise. */
import { Presets, SingleBar } from 'cli-progress';

/** Told how many of how many are done, and how many of these were refused; the step ends when all are done. */
export type Progress = (done: number, total: number, refused: number) => void;

/** Begins a step, such as `featurized`. */
export function showProgress(step: string, output = process.stdout): Progress {
  return output.isTTY ? showBar(step) : printLines(step, output);
}

function showBar(step: string): Progress {
  const format = `${step.padEnd(11)} {bar} {value}/{total}{refused}  {duration_formatted}`;
  const bar = new SingleBar({ format, hideCursor: true, etaBuffer: 100 }, Presets.shades_classic);
  let isStarted = false;
  return (done, total, refused) => {
    const told = { refused: refused > 0 ? `, refused: ${refused}` : '' };
    if (!isStarted) bar.start(total, done, told);
    else bar.update(done, told);
    isStarted = true;
    if (done >= total) bar.stop();
  };
}

/** At most a line each 5 seconds, and one at the end. */
function printLines(step: string, output: NodeJS.WritableStream): Progress {
  const start = performance.now();
  let last = start;
  let isEnded = false;
  return (done, total, refused) => {
    const now = performance.now();
    if (isEnded || (done < total && now - last < 5000)) return;
    last = now;
    isEnded = done >= total;
    const seconds = isEnded ? ` in ${((now - start) / 1000).toFixed(1)} s` : '';
    const told = refused > 0 ? `, refused: ${refused}` : '';
    output.write(`${step}: ${done - refused} of ${total}${told}${seconds}\n`);
  };
}
