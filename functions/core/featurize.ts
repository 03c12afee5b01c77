/**
 * Featurizing: a photo version → its features, or the reason why it has none.
 * Any request may run twice, late or out of order: ordering.ts says which one wins.
 */

import { Refusal } from './errors.ts';
import type { Turn } from './limit.ts';
import { isOvertaken, isStored, isWanted, storeInOrder, toRequest } from './ordering.ts';
import type { decodePhoto } from './photo/photo.ts';
import { isPhoto, labelOf, type PhotoScope } from './photo/photo-key.ts';
import type { PhotoLimits } from './photo/photo-limits.ts';
import type {
  BackfillRequest,
  Clock,
  EventRequest,
  FeatureStore,
  FeaturizedItem,
  FeaturizeRequest,
  Log,
  PhotoStore,
  PhotoVersion,
  Pixels,
  RefusedItem,
  SeenItem,
  Session,
  StoredPhoto,
} from './ports.ts';
import { type Stopwatch, stopwatch, type Timed } from './stopwatch.ts';

export interface FeaturizePorts {
  photos: PhotoStore;
  features: FeatureStore;
  decode: typeof decodePhoto;
  session: Session;
  limits: PhotoLimits;
  scope: PhotoScope;
  clock: Clock;
  log: Log;
}

/**
 * What became of one request. `superseded`: that version is gone or replaced; `stale`: the table already holds this
 * event or a newer one; `skipped`: there is nothing to do, as the photo is stored already, or the key is not a
 * photo's.
 */
export interface FeaturizeOutcome {
  key: string;
  status: 'featurized' | 'refused' | 'superseded' | 'stale' | 'skipped';
  /** Milliseconds spent on each step taken. */
  milliseconds: Record<string, number>;
}

/**
 * Reads one photo, extracts its features and stores them, or the reason why it has none.
 *
 * @throws whatever a store or the session throws: the platform retries the request
 */
export async function featurizePhoto(
  ports: FeaturizePorts,
  request: FeaturizeRequest,
): Promise<FeaturizeOutcome> {
  return storeExtraction(ports, await extractPhoto(ports, request));
}

/** What came of a photo, before it is stored. */
export interface Extraction {
  key: string;
  /** An item to store, and for which request; or why there is none. */
  result: Found | 'superseded' | 'stale' | 'skipped';
  watch: Stopwatch;
}

interface Found {
  version: EventRequest | BackfillRequest;
  item: FeaturizedItem | RefusedItem;
}

/** What a batch knows of its photos, and where they wait for each other. */
export interface Batch {
  /** What the table holds of the batch's photos. */
  stored: Map<string, SeenItem>;
  /** Lets one photo at a time be decoded and inferred. */
  onProcessor: Turn;
  /** Called as soon as the photo itself is no longer in memory. */
  letGo: () => void;
}

/**
 * The first half of {@link featurizePhoto}: everything that needs the photo in memory.
 *
 * @throws whatever a store or the session throws
 */
export async function extractPhoto(
  ports: FeaturizePorts,
  request: FeaturizeRequest,
  batch?: Batch,
): Promise<Extraction> {
  const { key } = request;
  const watch = stopwatch(ports.clock);
  const extract = async (): Promise<Extraction['result']> => {
    const version = await findVersion(ports, request, batch?.stored);
    if (typeof version === 'string') return version;
    const item = await extractVersion(ports, version, watch.timed, batch);
    if (item === undefined) return 'superseded';
    return (await isBetterStored(ports, item)) ? 'skipped' : { version, item };
  };
  return { key, result: await extract(), watch };
}

/**
 * The second half of {@link featurizePhoto}: stores what was extracted, and returns what became of the photo.
 *
 * @throws whatever the store throws
 */
export async function storeExtraction(
  { features, log }: FeaturizePorts,
  { key, result, watch: { milliseconds, timed } }: Extraction,
): Promise<FeaturizeOutcome> {
  const finish = (status: FeaturizeOutcome['status'], fields: Record<string, unknown> = {}) => {
    log.info('photo', { key, status, ...fields, milliseconds });
    return { key, status, milliseconds };
  };
  if (typeof result === 'string') return finish(result);

  const { version, item } = result;
  const isStored = await timed('store', () => storeInOrder(features, version, item));
  if (!isStored) return finish('stale');
  return item.kind === 'refused'
    ? finish('refused', { reason: item.refused, detail: item.detail })
    : finish('featurized');
}

/** The version that a request is for, or why nothing is to be read. */
async function findVersion(
  { photos, features, session, scope }: FeaturizePorts,
  request: FeaturizeRequest,
  stored: Batch['stored'] | undefined,
): Promise<Found['version'] | 'superseded' | 'stale' | 'skipped'> {
  const { key } = request;
  if ('etag' in request) return stored && isOvertaken(request, stored.get(key)) ? 'stale' : request;
  if (!isPhoto(key, scope)) return 'skipped';
  const listed = await photos.head(key);
  if (listed === undefined) return 'superseded';
  const seen = (stored ?? (await features.look([key]))).get(key);
  return isWanted(listed, seen, session.model) ? toRequest(listed, seen) : 'skipped';
}

async function extractVersion(
  ports: FeaturizePorts,
  { key, etag }: PhotoVersion,
  timed: Timed,
  { onProcessor, letGo }: Pick<Batch, 'onProcessor' | 'letGo'> = ALONE,
): Promise<FeaturizedItem | RefusedItem | undefined> {
  const { photos, session, limits, clock } = ports;
  const label = labelOf(key);
  const common = { key, etag, ...(label !== undefined && { label }), model: session.model };
  const featurizedAt = () => new Date(clock.now()).toISOString();
  try {
    const stored = await timed('read', () => photos.read({ key, etag }, limits.maxBytes));
    if (stored === undefined) return undefined;
    return await onProcessor(async () => {
      const { view, ...size } = await takeView(ports, stored, timed);
      if (session.resize) letGo();
      const features = await timed('inference', () => session.run(view));
      return { kind: 'featurized', ...common, features, ...size, featurizedAt: featurizedAt() };
    });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { reason, message } = error;
    return { kind: 'refused', ...common, refused: reason, detail: message, featurizedAt: featurizedAt() };
  }
}

/** Decodes a photo and keeps what the model looks at. Where that is little, nothing else stays in memory. */
async function takeView(
  { decode, session, limits }: FeaturizePorts,
  stored: StoredPhoto,
  timed: Timed,
): Promise<{ view: Pixels; width: number; height: number; bytes: number }> {
  const { pixels } = await timed('decode', () => decode(stored.bytes, limits));
  const { width, height } = pixels;
  const bytes = stored.bytes.byteLength;
  if (session.resize === undefined) return { view: pixels, width, height, bytes };
  stored.bytes = new Uint8Array(); // the caller still holds it
  const view = await timed('inference', async () => session.resize?.(pixels) ?? pixels);
  return { view, width, height, bytes };
}

/** Whether a photo that cannot be read has its features stored: it was archived by a copy onto itself, say. */
async function isBetterStored(
  { features }: FeaturizePorts,
  item: FeaturizedItem | RefusedItem,
): Promise<boolean> {
  if (item.kind !== 'refused' || item.refused !== 'unreadable') return false;
  const seen = (await features.look([item.key])).get(item.key);
  return isStored(item, seen, item.model) && seen?.refused === undefined;
}

const ALONE: Pick<Batch, 'onProcessor' | 'letGo'> = {
  onProcessor: (work) => work(() => {}),
  letGo() {},
};
