/**
 * Lambda's asynchronous invocations: at least once, late, in any order; two retries, then a dead letter.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 */
import { seeded } from '../random.ts';
import { Invocation, type Surroundings } from './invocation.ts';

export interface FunctionSettings {
  /** Milliseconds. */
  timeout: number;
  retries: number;
  /** Milliseconds after which an event that waits is given up. */
  maximumAge: number;
  /** Share of its attempts that no outage strikes: one that makes many requests would never come to its end. */
  spared: number;
}

/** An event on its way to a function. */
export interface Letter<Name extends string = string> {
  name: string;
  functionName: Name;
  event: unknown;
  /** How often people have sent it again, or what it comes from. */
  redrives: number;
}

export interface LambdaOptions<Name extends string> extends Surroundings {
  seed: number;
  functions: Record<Name, FunctionSettings>;
  /** Runs a function's code. */
  run(functionName: Name, event: unknown, invocation: Invocation): Promise<unknown>;
  /** An event is given up. */
  onDead(letter: Letter<Name>, error: Error): void;
}

export class Lambda<Name extends string> {
  /** Attempts begun. */
  deliveries = 0;
  /** From now on nothing is out of order but what always may be: duplicates, short delays, reads of a second ago. */
  isCalm = false;
  readonly #options: LambdaOptions<Name>;

  constructor(options: LambdaOptions<Name>) {
    this.#options = options;
  }

  /** Accepts an event; what comes of it comes later. */
  accept(letter: Letter<Name>): void {
    const { time, faults, seed } = this.#options;
    const random = seeded(seed, 'accept', letter.name);
    const copies = faults.strikes('event delivered twice', letter.name, random) ? 2 : 1;
    for (let copy = 1; copy <= copies; copy++) {
      const name = copy === 1 ? letter.name : `${letter.name}, copy ${copy}`;
      const usual = random.logUniform(20, 2_000);
      const late = random.logUniform(2_000, LATEST_MS);
      const isLate = !this.isCalm && faults.strikes('event delivered late', name, random);
      const accepted = time.now();
      time.after(isLate ? late : usual, () => this.#attempt({ ...letter, name }, 0, accepted));
    }
  }

  #attempt(letter: Letter<Name>, number: number, accepted: number): Invocation {
    const { seed, functions, run } = this.#options;
    const { timeout, spared } = functions[letter.functionName];
    const name = number === 0 ? letter.name : `${letter.name}, attempt ${number + 1}`;
    const random = seeded(seed, 'attempt', name);
    const { redrives } = letter;
    const isCalm = random.chance(spared) || this.isCalm || redrives > 1;
    const invocation = new Invocation(this.#options, { name, random, timeout, isCalm, redrives });
    this.deliveries += 1;

    run(letter.functionName, letter.event, invocation).then(
      () => {
        const isLost = invocation.strikes('crash after the last request');
        this.#end(letter, invocation, isLost ? new Error('stopped at its end') : undefined, number, accepted);
      },
      (error: Error) => this.#end(letter, invocation, error, number, accepted),
    );
    return invocation;
  }

  #end(
    letter: Letter<Name>,
    invocation: Invocation,
    error: Error | undefined,
    number: number,
    accepted: number,
  ) {
    const { time, functions, tell, onDead } = this.#options;
    const { retries, maximumAge } = functions[letter.functionName];
    invocation.done = true;
    if (!error) return;
    tell(() => `${invocation.name} failed: ${error.message}`);
    const delay = (60_000 << number) * (0.8 + 0.4 * invocation.random.next());
    if (number === retries || time.now() + delay - accepted > maximumAge) onDead(letter, error);
    else time.after(delay, () => this.#attempt(letter, number + 1, accepted));
  }
}

/** S3 tells within seconds, usually; Lambda keeps what it cannot run for up to six hours. */
const LATEST_MS = 6 * 3600_000;
