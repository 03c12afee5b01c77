/** Time that passes from one event to the next, so that a month takes a moment and nothing depends on the machine. */
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers/promises';
import type { Clock } from '../../functions/core/ports.ts';

/** Code under simulation that goes on by itself until it waits for an answer, or ends. */
export interface Activity {
  /** Answers it waits for. */
  waiting: number;
  done: boolean;
}

/** What happens at one moment; returns the code that goes on because of it. */
type Action = () => Activity | undefined;

interface Event {
  time: number;
  order: number;
  action: Action;
  background: boolean;
}

export class VirtualTime implements Clock {
  #now: number;
  #order = 0;
  #foreground = 0;
  readonly #heap: Event[] = [];
  #running: Activity | undefined;

  /** @param start milliseconds since the epoch */
  constructor(start: number) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  /** @param background nothing waits for it: {@link settle} ends without it */
  at(time: number, action: Action, background = false): void {
    const event = { time: Math.max(time, this.#now), order: this.#order++, action, background };
    if (!background) this.#foreground += 1;
    push(this.#heap, event);
  }

  after(milliseconds: number, action: Action): void {
    this.at(this.#now + milliseconds, action);
  }

  /** Lets everything happen that is due, in order of time, until only background events are left. */
  async settle(): Promise<void> {
    while (this.#foreground > 0) await this.#step();
  }

  /** Lets time pass, with all that happens meanwhile. */
  async pass(milliseconds: number): Promise<void> {
    const until = this.#now + milliseconds;
    while (this.#heap[0] && this.#heap[0].time <= until) await this.#step();
    this.#now = until;
  }

  async #step(): Promise<void> {
    const event = pop(this.#heap);
    if (!event) return;
    if (!event.background) this.#foreground -= 1;
    this.#now = event.time;
    passing = this;
    this.#running = event.action();
    await quiet(this.#running);
    passing = undefined;
  }

  /** A pause of the code that runs now. */
  pause<T>(milliseconds: number, value: T): Promise<T> {
    const activity = this.#running;
    if (activity) activity.waiting += 1;
    return new Promise((resolve) => {
      this.after(milliseconds, () => {
        if (activity) activity.waiting -= 1;
        resolve(value);
        return activity;
      });
    });
  }
}

/** The time that passes now. */
let passing: VirtualTime | undefined;

/** Runs work in which `setTimeout` of node:timers/promises, also where it was imported by name, waits in virtual time. */
export async function withVirtualPauses<T>(work: () => Promise<T>): Promise<T> {
  const real = timers.setTimeout;
  timers.setTimeout = ((milliseconds = 0, value) =>
    passing ? passing.pause(milliseconds, value) : real(milliseconds, value)) as typeof real;
  syncBuiltinESMExports();
  try {
    return await work();
  } finally {
    timers.setTimeout = real;
    syncBuiltinESMExports();
  }
}

/** Waits, in real time, until the code waits for an answer of this world or has ended: reduce writes files on the way. */
async function quiet(activity: Activity | undefined): Promise<void> {
  const start = performance.now();
  do {
    await new Promise(setImmediate);
    if (performance.now() - start > STUCK_MS) {
      throw new Error('a simulated function waits for something that is not part of the simulation');
    }
  } while (activity && !activity.done && activity.waiting === 0);
}

const STUCK_MS = 60_000;

function isBefore(a: Event, b: Event): boolean {
  return a.time < b.time || (a.time === b.time && a.order < b.order);
}

function push(heap: Event[], event: Event): void {
  let child = heap.push(event) - 1;
  while (child > 0) {
    const parent = (child - 1) >> 1;
    if (!isBefore(event, heap[parent]!)) break;
    heap[child] = heap[parent]!;
    child = parent;
  }
  heap[child] = event;
}

function pop(heap: Event[]): Event | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (!last || heap.length === 0) return first;
  let parent = 0;
  for (;;) {
    let child = 2 * parent + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
    if (!isBefore(heap[child]!, last)) break;
    heap[parent] = heap[child]!;
    parent = child;
  }
  heap[parent] = last;
  return first;
}
