/**
 * Featurizing: a photo version → its features, or the reason why it has none.
 * Any request may run twice, late or out of order: ordering.ts says which one wins.
 */

import { Refusal } from './errors.ts';
import { isWanted, storeInOrder, toRequest } from './ordering.ts';
import type { decodePhoto } from './photo/photo.ts';
import { isPhoto, labelOf, type PhotoScope } from './photo/photo-key.ts';
import type { PhotoLimits } from './photo/photo-limits.ts';
import type {
  BackfillRequest,
  Clock,
  FeatureStore,
  FeaturizedItem,
  Log,
  PhotoStore,
  PhotoVersion,
  RefusedItem,
  Session,
} from './ports.ts';
import { stopwatch, type Timed } from './stopwatch.ts';

export interface FeaturizePorts {
  photos: PhotoStore;
  features: FeatureStore;
  decode: typeof decodePhoto;
  session: Session;
  limits: PhotoLimits;
  clock: Clock;
  log: Log;
}

/** A photo version to featurize: named by an S3 event (with its sequencer) or by backfill (with what it saw). */
export type FeaturizeRequest = (PhotoVersion & { sequencer: string }) | BackfillRequest;

/**
 * What became of one request.
 * `superseded`: that version is gone or replaced; `stale`: the table already holds this event or a newer one.
 */
export interface FeaturizeOutcome {
  photo: string;
  status: 'featurized' | 'refused' | 'superseded' | 'stale';
  /** Milliseconds spent on each step taken. */
  milliseconds: Record<string, number>;
}

/**
 * Reads one photo version, extracts its features and stores them, or the reason why it has none.
 *
 * @throws whatever a store or the session throws: the platform retries the request
 */
export async function featurizePhoto(
  ports: FeaturizePorts,
  request: FeaturizeRequest,
): Promise<FeaturizeOutcome> {
  const { photo } = request;
  const { milliseconds, timed } = stopwatch(ports.clock);
  const finish = (status: FeaturizeOutcome['status'], fields: Record<string, unknown> = {}) => {
    ports.log.info('photo', { photo, status, ...fields, milliseconds });
    return { photo, status, milliseconds };
  };

  const result = await extract(ports, request, timed);
  if (result === undefined) return finish('superseded');

  const stored = await timed('store', () => storeInOrder(ports.features, request, result));
  if (!stored) return finish('stale');
  return result.kind === 'refused'
    ? finish('refused', { reason: result.refused, detail: result.detail })
    : finish('featurized');
}

/**
 * Featurizes several photos, one after the other; a failure does not keep the others from their turn.
 *
 * @throws the first failure, after all have had their turn: the platform retries, and what is done stays done
 */
export async function featurizePhotos(
  ports: FeaturizePorts,
  requests: FeaturizeRequest[],
): Promise<FeaturizeOutcome[]> {
  const outcomes: FeaturizeOutcome[] = [];
  const failures: unknown[] = [];
  for (const request of requests) {
    try {
      outcomes.push(await featurizePhoto(ports, request));
    } catch (error) {
      ports.log.warn('failure', { photo: request.photo, error: String(error) });
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
  return outcomes;
}

/**
 * Featurizes a photo by its key alone, as S3 Batch Operations names it, unless it is done already.
 *
 * @returns `skipped` when stored with the same etag and model, or outside of the scope; `superseded` when it is gone
 */
export async function featurizeByKey(
  ports: FeaturizePorts & { scope: PhotoScope },
  photo: string,
): Promise<FeaturizeOutcome['status'] | 'skipped'> {
  if (!isPhoto(photo, ports.scope)) return 'skipped';
  const listed = await ports.photos.head(photo);
  if (listed === undefined) return 'superseded';
  const seen = (await ports.features.look([photo])).get(photo);
  if (!isWanted(listed, seen, ports.session.model)) return 'skipped';
  return (await featurizePhoto(ports, toRequest(listed, seen))).status;
}

async function extract(
  { photos, decode, session, limits, clock }: FeaturizePorts,
  { photo, etag }: PhotoVersion,
  timed: Timed,
): Promise<FeaturizedItem | RefusedItem | undefined> {
  const label = labelOf(photo);
  const common = { photo, etag, ...(label !== undefined && { label }), model: session.model };
  const featurizedAt = () => new Date(clock.now()).toISOString();
  try {
    const stored = await timed('read', () => photos.read({ photo, etag }, limits.maxBytes));
    if (stored === undefined) return undefined;
    const { pixels } = await timed('decode', () => decode(stored.bytes, limits));
    const features = await timed('inference', () => session.run(pixels));
    const { width, height } = pixels;
    const bytes = stored.bytes.byteLength;
    return { kind: 'featurized', ...common, features, width, height, bytes, featurizedAt: featurizedAt() };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { reason, message } = error;
    return { kind: 'refused', ...common, refused: reason, detail: message, featurizedAt: featurizedAt() };
  }
}
