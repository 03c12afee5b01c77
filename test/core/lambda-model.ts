/** Lambda's asynchronous invocations in a time of their own: time-outs, three tries, what is handed on. */
import { setImmediate as settled } from 'node:timers/promises';
import { type BatchPorts, featurizePhotos } from '../../functions/core/featurize-batch.ts';
import type { Deadline, FeaturizeQueue, FeaturizeRequest } from '../../functions/core/ports.ts';
import type { StillClock } from '../memory.ts';
import { RED } from './featurize-fixture.ts';

const TRIES = 3;

interface Alarm {
  time: number;
  ring: () => void;
}

export class LambdaModel {
  /** Milliseconds; a third of what serverless.yml gives, so that few photos take longer. */
  timeout = 60_000;
  /** What each invocation was asked for, tries included. */
  readonly invocations: FeaturizeRequest[][] = [];
  readonly timedOut: FeaturizeRequest[][] = [];
  /** What failed for good. */
  readonly failed: FeaturizeRequest[][] = [];
  /** Invocations in a row of which each handed on to the next. */
  longestChain = 0;
  readonly #ports: BatchPorts & { queue: FeaturizeQueue };
  readonly #clock: StillClock;
  readonly #waiting: { requests: FeaturizeRequest[]; chain: number }[] = [];
  /** Of the invocation that runs. */
  #chain = 0;
  #alarms: Alarm[] = [];
  #milliseconds: (key: string) => number = () => 0;

  /** @param ports of which it takes the place of the queue and of the decoder, for RED and GREEN alone */
  constructor(ports: BatchPorts & { queue: FeaturizeQueue }, clock: StillClock) {
    this.#ports = ports;
    this.#clock = clock;
    ports.queue = {
      featurize: async (requests) => {
        this.#waiting.push({ requests, chain: this.#chain + 1 });
      },
    };
    const { read } = ports.photos;
    const photoOf = new Map<Uint8Array, string>();
    ports.photos.read = async (version, maxBytes) => {
      const stored = await read.call(ports.photos, version, maxBytes);
      if (stored === undefined) return undefined;
      const bytes = new Uint8Array(stored.bytes);
      photoOf.set(bytes, version.key);
      return { bytes };
    };
    ports.decode = async (bytes) => {
      await this.sleep(this.#milliseconds(photoOf.get(bytes) ?? ''));
      const data = RED.equals(bytes) ? Uint8Array.of(255, 0, 0) : Uint8Array.of(0, 255, 0);
      return { pixels: { data, width: 1, height: 1 }, format: 'png' };
    };
  }

  /** Says for how many milliseconds a photo keeps the processor. */
  takes(milliseconds: (key: string) => number): void {
    this.#milliseconds = milliseconds;
  }

  /** Invokes featurize, and whatever it hands on, until nothing is left. */
  async invoke(requests: FeaturizeRequest[]): Promise<void> {
    this.#waiting.push({ requests, chain: 1 });
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      if (this.invocations.length > 1000) throw new Error('handing on does not end');
      this.#chain = next.chain;
      this.longestChain = Math.max(this.longestChain, next.chain);
      await this.#try(next.requests);
    }
  }

  /** One invocation, without another try. @throws what it throws, or that it timed out */
  run(requests: FeaturizeRequest[]): Promise<unknown> {
    this.invocations.push(requests);
    return this.within((deadline) => featurizePhotos({ ...this.#ports, deadline }, requests));
  }

  /** Gives a work the time of one invocation, in which nothing but its alarms moves the clock. */
  async within<T>(work: (deadline: Deadline) => Promise<T>): Promise<T> {
    const end = this.#clock.time + this.timeout;
    const timeOut = new Promise<never>((_, reject) => {
      this.#at(end, () => reject(new TimedOut()));
    });
    const working = work({
      left: () => end - this.#clock.time,
      at: (left, callBack) => this.#at(end - left, callBack),
    });
    let isOver = false;
    const answer = Promise.race([working, timeOut]).finally(() => {
      isOver = true;
    });
    answer.catch(() => {});
    for (;;) {
      for (let i = 0; i < 5; i++) await settled();
      if (isOver) break;
      this.#ringNext();
    }
    this.#alarms = []; // what goes on is frozen
    return answer;
  }

  async #try(requests: FeaturizeRequest[]): Promise<void> {
    for (let tries = 1; tries <= TRIES; tries++) {
      try {
        await this.run(requests);
        return;
      } catch (error) {
        if (error instanceof TimedOut) this.timedOut.push(requests);
      }
    }
    this.failed.push(requests);
  }

  /** Lets so much of the model's time pass; without end, if need be. */
  sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      if (milliseconds < Number.POSITIVE_INFINITY) this.#at(this.#clock.time + milliseconds, resolve);
    });
  }

  #at(time: number, ring: () => void): () => void {
    const alarm = { time, ring };
    this.#alarms.push(alarm);
    return () => {
      this.#alarms = this.#alarms.filter((other) => other !== alarm);
    };
  }

  #ringNext(): void {
    const [next, ...later] = this.#alarms.sort((a, b) => a.time - b.time);
    if (next === undefined) throw new Error('nothing goes on');
    this.#alarms = later;
    this.#clock.time = Math.max(this.#clock.time, next.time);
    next.ring();
  }
}

class TimedOut extends Error {}
