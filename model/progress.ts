/** How far a download is, for whoever is watching. */
import { SingleBar } from 'cli-progress';

export interface Progress {
  /** Told how many bytes are here, of how many. */
  update(done: number, total: number): void;
  /** Told when there is nothing more to come, well or badly ended. */
  stop(): void;
}

/** Shows progress on standard error: a bar on a terminal, or else a line when it begins and one when all is here. */
export function showProgress(what: string): Progress {
  return process.stderr.isTTY ? showBar(what) : showLines(what);
}

function showBar(what: string): Progress {
  const bar = new SingleBar({ format: `${what} {bar} {value} of {total} MB` });
  return {
    update(done, total) {
      if (!bar.isActive) bar.start(megabytes(total), 0);
      bar.update(megabytes(done));
    },
    // A bar that is not stopped keeps the process alive and the terminal without line breaks.
    stop: () => bar.stop(),
  };
}

function showLines(what: string): Progress {
  let hasBegun = false;
  return {
    update(done, total) {
      if (!hasBegun) process.stderr.write(`${what}: ${megabytes(total - done)} MB\n`);
      else if (done === total) process.stderr.write(`${what}: done\n`);
      hasBegun = true;
    },
    stop() {},
  };
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1e5) / 10;
}
