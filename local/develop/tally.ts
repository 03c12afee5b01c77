/** What has happened in the functions since the stack started, as the page shows it. */
import type { LogEntry } from './tell.ts';

/** A photo that came to its end. */
export interface LastPhoto {
  key: string;
  status: string;
  reason?: string;
  detail?: string;
}

export interface Tallied {
  /** Photos featurized, and refused by reason. */
  featurized: number;
  refused: Record<string, number>;
  erased: number;
  /** Photos done a second, over the last ten seconds. */
  rate: number;
  /** The newest first. */
  last: LastPhoto[];
  /** What reduce logged last, while it runs: its phase. */
  reducing?: string;
}

const LAST = 20;
const RATE_MS = 10_000;

/** Counts log entries. @param now milliseconds, from any moment on */
export function createTally(now = () => performance.now()) {
  const refused = new Map<string, number>();
  let [featurized, erased] = [0, 0];
  let times: number[] = [];
  let last: LastPhoto[] = [];
  let reducing: string | undefined;

  const done = (photo: LastPhoto) => {
    times.push(now());
    last = [photo, ...last].slice(0, LAST);
  };
  return {
    add(entry: LogEntry): void {
      const { message, status } = entry;
      const text = (name: string) => (entry[name] === undefined ? {} : { [name]: String(entry[name]) });
      if (message === 'photo' && (status === 'featurized' || status === 'refused')) {
        if (status === 'featurized') featurized += 1;
        else refused.set(String(entry.reason), (refused.get(String(entry.reason)) ?? 0) + 1);
        done({ key: String(entry.key), status, ...text('reason'), ...text('detail') });
      } else if (message === 'erasure' && status === 'erased') erased += 1;
      else if (message === 'reduce' || message === 'reduce-skipped' || message === 'failed')
        reducing = undefined;
      else if (message.startsWith('reduce-')) reducing = message.slice('reduce-'.length);
    },
    read(): Tallied {
      const from = now() - RATE_MS;
      times = times.filter((time) => time > from);
      return {
        featurized,
        refused: Object.fromEntries(refused),
        erased,
        rate: times.length / (RATE_MS / 1000),
        last,
        ...(reducing !== undefined && { reducing }),
      };
    },
  };
}
