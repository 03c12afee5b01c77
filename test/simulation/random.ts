/** Chance that can be repeated. Each decision draws from a source named after it, so that leaving one out moves no other. */
import { seeded as uniform } from '../../functions/core/seeded.ts';

export class Random {
  /** Uniform in [0, 1). */
  readonly next: () => number;

  /** @param seed 32 bits */
  constructor(seed: number) {
    this.next = uniform(seed);
  }

  /** Whole, uniform in [0, below). */
  int(below: number): number {
    return Math.floor(this.next() * below);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(values: readonly [T, ...T[]]): T {
    return values[this.int(values.length)] ?? values[0];
  }

  /** Spread evenly over the orders of magnitude between two positive numbers: as often 1 to 10 as 10 to 100. */
  logUniform(from: number, to: number): number {
    return from * (to / from) ** this.next();
  }
}

/** A source of chance for one purpose. */
export function seeded(...names: (string | number)[]): Random {
  return new Random(hash(names.join('\n')));
}

/** FNV-1a over UTF-16 units, 32 bits. */
export function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}
