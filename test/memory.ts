/** The ports in memory. test/adapters/feature-store.test.ts holds the table to the same rules as the real one. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Refusal } from '../functions/core/errors.ts';
import { isNewer, isUnchanged, padSequencer, toSeen } from '../functions/core/ordering.ts';
import type {
  BackfillQueue,
  BackfillRun,
  BackfillRuns,
  Clock,
  Deadline,
  FeatureItem,
  FeatureStore,
  FeaturizeRequest,
  LatestSnapshot,
  Log,
  PhotoStore,
  SeenItem,
  Session,
  SnapshotStore,
  TableStore,
} from '../functions/core/ports.ts';
import type { WorkStore } from '../functions/core/spool/work-store.ts';

/** A bucket of photos that can be changed under the reader's feet. */
export class MemoryPhotos implements PhotoStore {
  readonly objects = new Map<string, { bytes: Uint8Array; etag: string }>();
  /** Photos that it does not hand out. */
  readonly unreadable = new Set<string>();

  put(key: string, bytes: Uint8Array): string {
    const etag = createHash('md5').update(bytes).digest('hex');
    this.objects.set(key, { bytes, etag });
    return etag;
  }

  async read({ key, etag }: { key: string; etag: string }, maxBytes: number) {
    const object = this.objects.get(key);
    if (object?.etag !== etag) return undefined;
    if (this.unreadable.has(key)) throw new Refusal('unreadable', 'InvalidObjectState: it is archived');
    if (object.bytes.byteLength > maxBytes) throw new Refusal('too-many-bytes', `over ${maxBytes}`);
    return { bytes: object.bytes };
  }

  async head(key: string) {
    const object = this.objects.get(key);
    return object && { ...object, key, bytes: object.bytes.byteLength };
  }

  async *list(prefix: string, startAfter = '') {
    const found = [...this.objects]
      .filter(([key]) => key.startsWith(prefix) && key > startAfter)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, { bytes, etag }]) => ({ key, etag, bytes: bytes.byteLength }));
    for (let start = 0; start < found.length; start += 3) yield found.slice(start, start + 3);
  }
}

/** The features table. */
export class MemoryFeatures implements FeatureStore {
  readonly items = new Map<string, FeatureItem>();

  async put(item: FeatureItem & { sequencer: string }) {
    if (!isNewer(item.sequencer, this.items.get(item.key)?.sequencer)) return false;
    this.items.set(item.key, { ...item, sequencer: padSequencer(item.sequencer) });
    return true;
  }

  async putIfUnchanged(item: FeatureItem, seen: SeenItem | undefined) {
    const stored = this.items.get(item.key);
    if (!isUnchanged(stored && toSeen(stored), seen)) return false;
    this.items.set(item.key, {
      ...item,
      ...(item.sequencer !== undefined && { sequencer: padSequencer(item.sequencer) }),
    });
    return true;
  }

  async look(photos: string[]) {
    const seen = new Map<string, SeenItem>();
    for (const key of photos) {
      const item = this.items.get(key);
      if (item) seen.set(key, toSeen(item));
    }
    return seen;
  }

  async count() {
    return this.items.size;
  }

  async *scan(segment: number, segments: number, prefix = '') {
    const all = [...this.items.values()].filter(({ key }) => key.startsWith(prefix));
    const items = all.filter((_, index) => index % segments === segment);
    for (let start = 0; start < items.length; start += 5) yield items.slice(start, start + 5);
  }
}

/** A bucket of snapshots. */
export class MemorySnapshots implements SnapshotStore {
  readonly files = new Map<string, Uint8Array>();
  /** By collection. */
  readonly published = new Map<string, LatestSnapshot>();

  /** Of all photos. */
  get current() {
    return this.published.get('');
  }

  async latest(collection = '') {
    return this.published.get(collection);
  }

  async write(name: string, content: Uint8Array | { path: string }) {
    if (this.files.has(name)) return false;
    this.files.set(name, content instanceof Uint8Array ? content : await readFile(content.path));
    return true;
  }

  async stat(name: string) {
    const content = this.files.get(name);
    if (content === undefined) return undefined;
    return { bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') };
  }

  async publish(latest: LatestSnapshot, collection = '') {
    const current = this.published.get(collection);
    if (current && current.snapshot > latest.snapshot) return false;
    this.published.set(collection, latest);
    return true;
  }
}

/** Work files that are far away, as in S3. */
export class MemoryWork implements WorkStore {
  readonly files = new Map<string, Uint8Array>();

  async write(name: string, pieces: Iterable<Uint8Array>) {
    this.files.set(name, Buffer.concat([...pieces]));
  }

  async commit(name: string, content: Uint8Array) {
    if (this.files.has(name)) return false;
    this.files.set(name, content);
    return true;
  }

  async read(name: string, start = 0, end?: number) {
    return this.files.get(name)?.slice(start, end);
  }
}

/** The objects of the snapshot bucket, or those of a Delta log alone. */
export class MemoryTable implements TableStore {
  readonly files: Map<string, Uint8Array>;
  readonly modified = new Map<string, number>();
  readonly #clock: Clock;

  constructor(files = new Map<string, Uint8Array>(), clock: Clock = new StillClock()) {
    this.files = files;
    this.#clock = clock;
  }

  async read(key: string) {
    return this.files.get(key);
  }

  async write(key: string, content: Uint8Array) {
    this.files.set(key, content);
    this.modified.set(key, this.#clock.now());
  }

  async create(key: string, content: Uint8Array) {
    if (this.files.has(key)) return false;
    await this.write(key, content);
    return true;
  }

  async *list(prefix: string, after = '') {
    const keys = [...this.files.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
    for (let start = 0; start < keys.length; start += 3) {
      yield keys.slice(start, start + 3).map((key) => ({ key, modified: this.modified.get(key) ?? 0 }));
    }
  }

  async folders(folder: string) {
    const below = [...this.files.keys()].filter((key) => key.startsWith(folder));
    const names = below.map((key) => key.slice(0, key.indexOf('/', folder.length) + 1));
    return [...new Set(names.filter((name) => name !== ''))];
  }

  async remove(keys: string[]) {
    for (const key of keys) this.files.delete(key);
  }
}

/** Keeps what backfill asked for. */
export class MemoryQueue implements BackfillQueue {
  readonly sent: FeaturizeRequest[] = [];
  readonly resumed: string[] = [];

  async featurize(requests: FeaturizeRequest[]) {
    this.sent.push(...requests);
  }

  async resume(run: string) {
    this.resumed.push(run);
  }
}

/** An invocation without end. */
export const noDeadline: Deadline = { left: () => Number.POSITIVE_INFINITY, at: () => () => {} };

/** The progress of backfill runs. */
export class MemoryRuns implements BackfillRuns {
  readonly runs = new Map<string, BackfillRun>();
  readonly stops = new Set<string>();

  async load(run: string) {
    return this.runs.get(run);
  }

  async save(run: BackfillRun) {
    this.runs.set(run.run, run);
  }

  async requestStop(run: string) {
    this.stops.add(run);
  }

  async stopRequested(run: string) {
    return this.stops.has(run);
  }
}

/** Keeps what was logged. */
export class MemoryLog implements Log {
  readonly entries: { level: string; event: string; [field: string]: unknown }[] = [];

  info(event: string, fields: Record<string, unknown> = {}) {
    this.entries.push({ level: 'INFO', event, ...fields });
  }

  warn(event: string, fields: Record<string, unknown> = {}) {
    this.entries.push({ level: 'WARN', event, ...fields });
  }
}

/** A session whose features are the mean red, green and blue. */
export const meanColourSession: Session = {
  model: 'mean-colour@000000000000',
  dimension: 3,
  async run({ data }) {
    const sums = new Float32Array(3);
    data.forEach((value, index) => {
      sums[index % 3]! += value;
    });
    return sums.map((sum) => (sum * 3) / data.length);
  },
};

/** A clock that stands still until it is told. */
export class StillClock implements Clock {
  constructor(time = Date.UTC(2026, 0, 2, 3, 4, 5)) {
    this.time = time;
  }

  time: number;

  now() {
    return this.time;
  }
}
