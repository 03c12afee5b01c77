/** One attempt of a function, and its requests: each takes time, may be refused, may be done though nobody hears of it. */
import { S3ServiceException } from '@aws-sdk/client-s3';
import type { Deadline } from '../../../functions/core/ports.ts';
import { type FaultKind, type Faults, isOutage } from '../faults.ts';
import type { Random } from '../random.ts';
import type { Activity, VirtualTime } from '../virtual-time.ts';

/** A command of the SDK. */
export interface Command {
  readonly input: object;
}

/** One of AWS's services. */
export interface Service {
  /** Does what a command asks, at that moment. @throws as the SDK does */
  answer(command: Command, asker: Invocation): unknown;
  /** The command in a few words, for a trace. */
  describe(command: Command): string;
}

/** What an attempt runs in. */
export interface Surroundings {
  time: VirtualTime;
  faults: Faults;
  /** Tells what happens, for a trace. */
  tell(line: () => string): void;
  /** Milliseconds that a request takes at most, unless a fault strikes. */
  slowest: number;
}

const REQUEST_FAULTS = [
  'crash before a request',
  'crash after a request',
  'request done, its answer lost',
  'request done, its answer lost, sent again',
  'request refused: throttled or away',
] as const satisfies FaultKind[];

export interface Attempt {
  name: string;
  random: Random;
  /** Milliseconds. */
  timeout: number;
  /** Whether no outage strikes it. */
  isCalm: boolean;
  /** How often people have sent its event again, or what it comes from. */
  redrives: number;
}

interface Request {
  service: Service;
  command: Command;
  fault: (typeof REQUEST_FAULTS)[number] | undefined;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

export class Invocation implements Activity, Deadline {
  readonly name: string;
  readonly random: Random;
  readonly redrives: number;
  waiting = 0;
  done = false;
  readonly #surroundings: Surroundings;
  readonly #deadline: number;
  readonly #isCalm: boolean;
  readonly #pending = new Set<Request>();
  #isStopped = false;
  #requests = 0;
  #effects = 0;

  constructor(surroundings: Surroundings, { name, random, timeout, isCalm, redrives }: Attempt) {
    this.#surroundings = surroundings;
    this.name = name;
    this.random = random;
    this.redrives = redrives;
    this.#deadline = surroundings.time.now() + timeout;
    this.#isCalm = isCalm;
  }

  /** Milliseconds until Lambda stops it. */
  left(): number {
    return this.#deadline - this.#surroundings.time.now();
  }

  /** Calls back once, when only so many milliseconds are left. @returns a function that calls it off */
  at(left: number, callBack: () => void): () => void {
    let isOff = false;
    this.#surroundings.time.at(this.#deadline - left, () => {
      if (isOff || this.#isStopped) return undefined;
      callBack();
      return this;
    });
    return () => {
      isOff = true;
    };
  }

  /** Counts what it brings about, from 1. */
  count(): number {
    this.#effects += 1;
    return this.#effects;
  }

  /** Whether a fault strikes now. */
  strikes(kind: FaultKind): boolean {
    if (this.#isCalm && isOutage(kind)) return false;
    return this.#surroundings.faults.strikes(kind, `${this.name}.${this.#requests}`, this.random);
  }

  /** Has a service of AWS answer a command, as a client of the SDK does. */
  send(service: Service, command: Command): Promise<unknown> {
    if (this.#isStopped) return Promise.reject(new Stopped());
    this.#requests += 1;
    this.waiting += 1;
    const isSlow = this.strikes('request slow, the function times out');
    const fault = REQUEST_FAULTS.find((kind) => this.strikes(kind));
    const { time, slowest } = this.#surroundings;
    const usual = this.random.logUniform(1, slowest);
    const latency = isSlow ? this.left() + this.random.int(5_000) : usual;
    if (time.now() + latency > this.#deadline) time.at(this.#deadline, () => this.stop('timed out'));
    return new Promise<unknown>((resolve, reject) => {
      const request = { service, command, fault, resolve, reject };
      this.#pending.add(request);
      time.after(latency, () => this.#arrive(request));
    });
  }

  /** Stops it: nothing more reaches a service. Its code is told by an error, so that it ends too. */
  stop(why: string): this | undefined {
    if (this.#isStopped || this.done) return undefined;
    this.#isStopped = true;
    this.waiting -= this.#pending.size;
    this.#surroundings.tell(() => `${this.name} is stopped: ${why}`);
    for (const { reject } of this.#pending) reject(new Stopped());
    return this;
  }

  #arrive(request: Request): this | undefined {
    const { fault } = request;
    // What was on its way when the function was stopped is done all the same.
    if (this.#isStopped) {
      this.#carryOut(request);
      return undefined;
    }
    if (fault === 'crash before a request') return this.stop(fault);
    if (fault === 'request refused: throttled or away') {
      this.#tell(request, '503');
      return this.#settle(request, { error: away() });
    }
    const outcome = this.#carryOut(request);
    if (fault === 'crash after a request') return this.stop(fault);
    if (fault === 'request done, its answer lost') return this.#settle(request, { error: lost() });
    if (fault !== 'request done, its answer lost, sent again') return this.#settle(request, outcome);
    this.#surroundings.time.after(100 + this.random.int(900), () => {
      const again = this.#carryOut(request);
      return this.#isStopped ? undefined : this.#settle(request, again);
    });
    return undefined;
  }

  #carryOut(request: Request): Outcome {
    let outcome: Outcome;
    try {
      outcome = { value: request.service.answer(request.command, this) };
    } catch (error) {
      outcome = { error: error as Error };
    }
    this.#tell(request, outcome.error ? outcome.error.name : 'done');
    return outcome;
  }

  #settle(request: Request, { value, error }: Outcome): this {
    this.#pending.delete(request);
    this.waiting -= 1;
    if (error) request.reject(error);
    else request.resolve(value);
    return this;
  }

  #tell({ service, command, fault }: Request, outcome: string): void {
    const why = fault ? ` (${fault})` : '';
    this.#surroundings.tell(() => `${this.name}: ${service.describe(command)} → ${outcome}${why}`);
  }
}

/** Ends the code of an attempt that was stopped. */
class Stopped extends Error {
  constructor() {
    super('the function was stopped');
  }
}

interface Outcome {
  value?: unknown;
  error?: Error;
}

function lost(): Error {
  return Object.assign(new Error('socket hang up'), { name: 'TimeoutError', code: 'ECONNRESET' });
}

/** As the SDK throws once its own retries are used up. */
function away(): Error {
  return new S3ServiceException({
    name: 'ServiceUnavailable',
    message: 'Please reduce your request rate.',
    $fault: 'server',
    $metadata: { httpStatusCode: 503, attempts: 3 },
  });
}
