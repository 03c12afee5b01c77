/**
 * What the core needs from outside. Adapters implement these over AWS and onnxruntime;
 * `test/memory.ts` implements them in memory.
 */

/** One version of one photo, as an event or a listing names it. */
export interface PhotoVersion {
  /** Object key, decoded (`+` and `%XX` undone). */
  key: string;
  /** S3 ETag without quotes. */
  etag: string;
}

/** Decoded pixels: 8-bit sRGB, row-major, interleaved, upright. */
export interface Pixels {
  /** Uint8 [height × width × 3]. */
  data: Uint8Array;
  width: number;
  height: number;
}

/** A photo's bytes as stored. */
export interface StoredPhoto {
  bytes: Uint8Array;
}

/** A photo as a listing shows it. */
export interface ListedPhoto extends PhotoVersion {
  bytes: number;
}

export interface PhotoStore {
  /**
   * Reads exactly the version asked for.
   *
   * @param maxBytes a larger object is refused without its body being read
   * @returns undefined when that version is gone or replaced (404, 412): a newer event is on its way
   * @throws Refusal `too-many-bytes`, or `unreadable` where the store does not hand out this photo
   */
  read(version: PhotoVersion, maxBytes: number): Promise<StoredPhoto | undefined>;

  /** The photo as it is now, without its bytes; undefined when there is none. */
  head(key: string): Promise<ListedPhoto | undefined>;

  /** Lists the photos below a prefix in key order, a page at a time, after `startAfter` if given. */
  list(prefix: string, startAfter?: string): AsyncIterable<ListedPhoto[]>;
}

/** What every item of the features table carries. */
interface ItemBase {
  key: string;
  /** Absent on an item written by backfill over nothing. */
  sequencer?: string;
}

export interface FeaturizedItem extends ItemBase {
  kind: 'featurized';
  etag: string;
  label?: string;
  /** `<name>@<first 12 hex digits of the ONNX file's SHA-256>`. */
  model: string;
  /** Float32 [d]; d is 1280 for MobileNetV2. */
  features: Float32Array;
  /** Pixels of the photo as stored, upright. */
  width: number;
  height: number;
  bytes: number;
  /** ISO 8601 UTC. */
  featurizedAt: string;
}

export interface RefusedItem extends ItemBase {
  kind: 'refused';
  etag: string;
  label?: string;
  model: string;
  /** A `RefusalReason`, or one of a later version that has written to the same table. */
  refused: string;
  detail: string;
  featurizedAt: string;
}

export interface ErasedItem extends ItemBase {
  kind: 'erased';
  /** Seconds since the epoch at which DynamoDB's TTL may drop the tombstone. */
  expiresAt: number;
}

export type FeatureItem = FeaturizedItem | RefusedItem | ErasedItem;

/** What backfill needs to know of a stored item, and what must not have changed since it looked. */
export interface SeenItem {
  etag?: string;
  sequencer?: string;
  model?: string;
  /** A reason for refusal, of this version of Verger or of another. */
  refused?: string;
}

export interface FeatureStore {
  /**
   * Writes the item if the stored sequencer is absent or smaller.
   *
   * @returns false when something newer, or the same event, is already stored
   */
  put(item: FeatureItem & { sequencer: string }): Promise<boolean>;

  /**
   * Writes the item if what is stored is still what was seen (undefined: nothing was stored).
   *
   * @returns false when the stored item has changed since
   */
  putIfUnchanged(item: FeatureItem, seen: SeenItem | undefined): Promise<boolean>;

  /** Looks up photos by key, without their features; absent keys are absent from the map. */
  look(keys: string[]): Promise<Map<string, SeenItem>>;

  /** About how many items there are, known without reading them; some hours old. */
  count(): Promise<number>;

  /**
   * Pages through one of `segments` disjoint parts of the table, in no particular order.
   *
   * @param prefix leaves out photos whose keys do not begin with it; they are read all the same
   */
  scan(segment: number, segments: number, prefix?: string): AsyncIterable<FeatureItem[]>;
}

export interface SnapshotStore {
  /**
   * Writes one file of a snapshot, by its key, unless there is one: bytes, or the path of a local file.
   *
   * @param sha256 of the content, hexadecimal; kept with it
   * @returns false where there is one, which stays
   */
  write(
    key: string,
    content: Uint8Array | { path: string },
    contentType: string,
    sha256: string,
  ): Promise<boolean>;

  /** What is stored under a key; undefined where nothing is. */
  stat(key: string): Promise<StoredFile | undefined>;

  /** The content of `latest.json`, if there is one; of a collection where its folder is given. */
  latest(collection?: string): Promise<LatestSnapshot | undefined>;

  /**
   * Replaces `latest.json`, of a collection where its folder is given, unless it already names a snapshot that began later.
   *
   * @returns false when a newer snapshot stays current
   */
  publish(latest: LatestSnapshot, collection?: string): Promise<boolean>;
}

/** Reads what was published of one collection. */
export interface SnapshotReader {
  /**
   * What `latest.json` names.
   *
   * @param etag of the answer before: where nothing has changed since, this answers `same`
   * @returns undefined where there is none
   */
  latest(etag?: string): Promise<{ content: LatestSnapshot; etag: string } | 'same' | undefined>;

  /** A file of a snapshot, by its name; undefined where it has none of that name. */
  read(latest: LatestSnapshot, name: string): Promise<Uint8Array | undefined>;
}

/** A file as it is stored. */
export interface StoredFile {
  bytes: number;
  /** Hexadecimal. */
  sha256: string;
}

/** The objects of the snapshot bucket, one by one: of a Delta log, and those to be removed. */
export interface TableStore {
  /** The collection's folder that keys are told from; absent: the bucket's top. */
  readonly collection?: string;

  /** The content of an object; undefined where there is none. */
  read(key: string): Promise<Uint8Array | undefined>;

  /** Writes an object, in place of what is there. */
  write(key: string, content: Uint8Array): Promise<void>;

  /**
   * Writes an object where none is, whole or not at all.
   *
   * @returns false where there is one: it may be this one, of an attempt whose answer got lost
   */
  create(key: string, content: Uint8Array): Promise<boolean>;

  /** Lists the objects below a prefix in key order, a page at a time, after a key if given. */
  list(prefix: string, after?: string): AsyncIterable<StoredObject[]>;

  /** The folders directly below a folder, each with the way to it and ending with `/`. */
  folders(folder: string): Promise<string[]>;

  /** Removes objects; of those that are not there nothing is said. */
  remove(keys: string[]): Promise<void>;
}

/** An object as a listing shows it. */
export interface StoredObject {
  key: string;
  /** Milliseconds since the epoch. */
  modified: number;
}

/** The content of `latest.json`. */
export interface LatestSnapshot {
  /** Name, `<UTC time>-<id>`: later began sorts later. */
  snapshot: string;
  /** Folder of its Parquet parts, and of nothing else. */
  parts: string;
  /** Folder of its other files. */
  files: string;
  /** Key of its manifest, one of them. */
  manifest: string;
  rows: number;
  model: string;
}

/** An inference session that honours the model contract: image uint8 [1, H, W, 3] → features float32 [1, d]. */
export interface Session {
  /** `<name>@<first 12 hex digits of the ONNX file's SHA-256>`. */
  readonly model: string;
  /** Number of features d. */
  readonly dimension: number;
  run(pixels: Pixels): Promise<Float32Array>;
  /**
   * The photo at the model's own size, which gives the same features: all of it that has to stay in memory.
   * Absent where the model has no size of its own.
   */
  resize?(pixels: Pixels): Pixels;
}

/** Asynchronous invocations of featurize; each call returns once the platform has accepted them. */
export interface FeaturizeQueue {
  featurize(requests: FeaturizeRequest[]): Promise<void>;
}

/** Asynchronous invocations of featurize and of backfill. */
export interface BackfillQueue extends FeaturizeQueue {
  /** Invokes backfill to go on with a run. */
  resume(run: string): Promise<void>;
}

/** Where a run of backfill stands. */
export interface BackfillRun {
  /** Name, `<UTC time>-<id>`. */
  run: string;
  prefix: string;
  state: 'running' | 'stopped' | 'done';
  /** Photos in the bucket: each was sent to featurize, sent again as it could not be read, or skipped. */
  listed: number;
  sent: number;
  unreadable: number;
  skipped: number;
  /** Key of the last photo dealt with; the run continues after it. */
  lastPhoto?: string;
  /** ISO 8601 UTC. */
  startedAt: string;
  updatedAt: string;
}

/** Keeps the progress of backfill runs. */
export interface BackfillRuns {
  load(run: string): Promise<BackfillRun | undefined>;
  save(run: BackfillRun): Promise<void>;
  requestStop(run: string): Promise<void>;
  stopRequested(run: string): Promise<boolean>;
}

/** One photo that backfill asks featurize to do. */
export interface BackfillRequest extends PhotoVersion {
  /** What was stored when backfill looked; absent: nothing. */
  seen?: SeenItem;
}

/** A photo version named by an S3 event. */
export interface EventRequest extends PhotoVersion {
  sequencer: string;
}

/** A photo named by its key alone, as S3 Batch Operations names it: the version that is there now. */
export interface KeyRequest {
  key: string;
  version: 'current';
}

/** A photo to featurize. */
export type FeaturizeRequest = EventRequest | BackfillRequest | KeyRequest;

/** Structured log: one event name and its fields. No photo content, no whole events. */
export interface Log {
  info(event: string, fields?: Record<string, unknown>): void;
  warn(event: string, fields?: Record<string, unknown>): void;
}

/** Time and chance, passed in so that the core has neither. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
}

/** The time that an invocation has left. */
export interface Deadline {
  /** Milliseconds until the platform ends the invocation. */
  left(): number;
  /**
   * Calls back once, when only that many milliseconds are left.
   *
   * @returns a function that cancels it
   */
  at(millisecondsLeft: number, callBack: () => void): () => void;
}
