/** What the queue has accepted and not finished, on disk: at-least-once holds over a stop, and over a kill. */
import type { Invocation } from './async-queue.ts';
import { openJournal } from './journal.ts';

export interface EventJournal {
  /** What was accepted and not finished before the journal was opened, in order. */
  unfinished: Invocation[];
  /** Numbers an invocation and writes it down. */
  accept(functionKey: string, event: unknown): Invocation;
  finish(id: number): void;
  close(): void;
}

/** Opens a journal, forgetting what it holds of finished invocations. */
export function openEventJournal(path: string): EventJournal {
  const open = new Map<number, Invocation>();
  const journal = openJournal<Invocation | { finished: number }>(path, (lines) => {
    for (const line of lines) {
      if ('finished' in line) open.delete(line.finished);
      else open.set(line.id, line);
    }
    return [...open.values()];
  });
  const unfinished = [...open.values()];
  let lastId = unfinished.at(-1)?.id ?? 0;
  return {
    unfinished,
    accept(functionKey, event) {
      const invocation = { id: ++lastId, functionKey, event };
      journal.append(invocation);
      return invocation;
    },
    finish: (id) => journal.append({ finished: id }),
    close: () => journal.close(),
  };
}
