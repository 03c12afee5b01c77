/** How far a download is, for whoever is watching. */
import { SingleBar } from 'cli-progress';
import type { OnProgress } from './download.ts';

/**
 * Shows progress on standard error: a bar on a terminal; in a pipe a line when it begins and one when it is done.
 */
export function showProgress(what: string): OnProgress {
  const megabytes = (bytes: number) => Math.round(bytes / 1e5) / 10;
  let bar: SingleBar | undefined;
  let hasBegun = false;
  return (done, total) => {
    if (!hasBegun) {
      hasBegun = true;
      if (process.stderr.isTTY) {
        bar = new SingleBar({ format: `${what} {bar} {value} of {total} MB`, stopOnComplete: true });
        bar.start(megabytes(total), megabytes(done));
      } else {
        process.stderr.write(`${what}: ${megabytes(total - done)} MB\n`);
      }
    }
    if (bar) bar.update(megabytes(done));
    else if (done === total) process.stderr.write(`${what}: done\n`);
  };
}
