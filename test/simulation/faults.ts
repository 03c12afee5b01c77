/** What goes wrong: each fault that strikes is counted by kind and has a name, so that a run can be repeated without it. */
import type { Random } from './random.ts';

/** Kinds of fault, and how often each strikes where a world has it: per event, attempt, request or read, as it says. */
export const FAULTS = {
  'event delivered twice': 0.1,
  'event delivered late': 0.15,
  'crash before a request': 0.02,
  'crash after a request': 0.03,
  'crash after the last request': 0.03,
  'request done, its answer lost': 0.02,
  'request done, its answer lost, sent again': 0.03,
  'request refused: throttled or away': 0.03,
  'request slow, the function times out': 0.02,
  'old container after a deploy': 0.4,
  'read of a second ago': 0.5,
  'keys left out by a throttled look-up': 0.1,
  'hand-over: too little time left': 0.05,
  'conflict of conditional writes': 0.1,
  'dead letter waits for days': 0.3,
  'dead letter given up for a backfill': 0.3,
} as const;

export type FaultKind = keyof typeof FAULTS;

/** What people see to before they send again what failed for good. */
const OUTAGES = new Set<FaultKind>([
  'crash before a request',
  'crash after a request',
  'crash after the last request',
  'request done, its answer lost',
  'request refused: throttled or away',
  'request slow, the function times out',
]);

export class Faults {
  /** Struck, by kind. */
  readonly counts = new Map<FaultKind, number>();
  /** Names of those that struck, in order. */
  readonly struck: string[] = [];
  readonly #levels: ReadonlyMap<FaultKind, number>;
  readonly #only: ReadonlySet<string> | undefined;

  /**
   * @param random decides which kinds this world has, and how often: a few of many are rarely met together otherwise
   *   (Groce et al., "Swarm Testing", 2012)
   * @param only names of the faults that may strike; all, where it is absent
   */
  constructor(random: Random, only?: ReadonlySet<string>) {
    const kinds = Object.keys(FAULTS) as FaultKind[];
    const level = (kind: FaultKind) => random.pick(isOutage(kind) ? [0, 0.3, 1, 1, 3, 8] : [0, 0.3, 1, 1, 3]);
    this.#levels = new Map(kinds.map((kind) => [kind, level(kind) * FAULTS[kind]]));
    this.#only = only;
  }

  /** @param name of this occasion, the same in every run of this world */
  strikes(kind: FaultKind, name: string, random: Random): boolean {
    if (!random.chance(this.#levels.get(kind) ?? 0)) return false;
    const struck = `${kind}, ${name}`;
    if (this.#only && !this.#only.has(struck)) return false;
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
    this.struck.push(struck);
    return true;
  }
}

/** Whether a kind of fault is over once people have seen to it. */
export function isOutage(kind: FaultKind): boolean {
  return OUTAGES.has(kind);
}
