/**
 * A DynamoDB table with one key: conditional writes, reads that may be a second old, parallel scans in pages, and items
 * that expire late.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.ReadConsistency.html
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
 */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { hash } from '../random.ts';
import type { VirtualTime } from '../virtual-time.ts';
import { type ExpressionContext, holds, type Item } from './condition.ts';

/** How long a read that is not strongly consistent may show what was there before; AWS: "within a second". */
const STALE_MS = 1_000;

export interface Write extends ExpressionContext {
  item: Item;
  condition?: string | undefined;
}

export interface Scan {
  segment: number;
  segments: number;
  after?: string | undefined;
  /** Most items of a page. */
  limit: number;
  isStale: () => boolean;
}

export class Table {
  readonly items = new Map<string, Item>();
  readonly #key: string;
  readonly #expiry: string;
  readonly #time: VirtualTime;
  /** How much later than its expiry an item goes, milliseconds; AWS: "within a few days". */
  readonly #expiryDelay: (key: string) => number;
  readonly #replaced = new Map<string, { item: Item | undefined; at: number }>();

  /**
   * @param key name of the partition key, a string
   * @param expiry name of the TTL attribute, seconds since the epoch
   */
  constructor(time: VirtualTime, key: string, expiry: string, expiryDelay: (key: string) => number) {
    this.#time = time;
    this.#key = key;
    this.#expiry = expiry;
    this.#expiryDelay = expiryDelay;
  }

  /** @throws ConditionalCheckFailedException */
  put({ item, condition, ...context }: Write): void {
    const key = item[this.#key]?.S;
    if (!key) throw new Error(`the item has no ${this.#key}`);
    if (condition !== undefined && !holds(condition, this.items.get(key) ?? {}, context)) {
      throw new ConditionalCheckFailedException({
        message: 'The conditional request failed',
        $metadata: { httpStatusCode: 400 },
      });
    }
    this.#replace(key, item);
    const expiry = item[this.#expiry]?.N;
    if (expiry !== undefined) this.#expire(key, Number(expiry) * 1000);
  }

  delete(key: string): void {
    this.#replace(key, undefined);
  }

  get(key: string, isStale: () => boolean): Item | undefined {
    const replaced = this.#replaced.get(key);
    const isFresh = !replaced || this.#time.now() - replaced.at > STALE_MS;
    return !isFresh && isStale() ? replaced.item : this.items.get(key);
  }

  /** One page in the order of the keys' hashes; `next` is the last key where there may be more. */
  scan({ segment, segments, after, limit, isStale }: Scan): { items: Item[]; next?: string } {
    const keys = new Set([...this.items.keys(), ...this.#replaced.keys()]);
    const place = (key: string) => hash(key).toString(16).padStart(8, '0') + key;
    const left = [...keys]
      .filter((key) => hash(key) % segments === segment)
      .filter((key) => after === undefined || place(key) > place(after))
      .sort((a, b) => (place(a) < place(b) ? -1 : 1));
    const page = left.slice(0, limit);
    const items = page.map((key) => this.get(key, isStale)).filter((item) => item !== undefined);
    const last = page.at(-1);
    return { items, ...(last !== undefined && left.length > limit && { next: last }) };
  }

  #replace(key: string, item: Item | undefined): void {
    this.#replaced.set(key, { item: this.items.get(key), at: this.#time.now() });
    if (item) this.items.set(key, item);
    else this.items.delete(key);
  }

  #expire(key: string, expiry: number): void {
    const expires = () => {
      const now = this.items.get(key)?.[this.#expiry]?.N;
      if (now !== undefined && Number(now) * 1000 <= this.#time.now()) this.delete(key);
      return undefined;
    };
    this.#time.at(Math.max(expiry, this.#time.now()) + this.#expiryDelay(key), expires, true);
  }
}
