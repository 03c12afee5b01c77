/** Erasing: what is stored of a photo → a tombstone. */
import type { Clock, FeatureStore, Log, PhotoStore, SeenItem } from './ports.ts';

/** How long a tombstone stays: longer than any event can be late (a redriven failure is at most 14 days old). */
export const TOMBSTONE_SECONDS = 30 * 24 * 3600;

/** A photo that an event says was removed. */
export interface Removal {
  photo: string;
  sequencer: string;
  /** Only one version of it was deleted, in a bucket that keeps versions: the photo itself may still be there. */
  isOneVersion: boolean;
}

/**
 * Replaces what is stored of a photo by a tombstone, so that a late ObjectCreated cannot revive it.
 *
 * @returns what became of it; `stale`: a newer event is already stored, `kept`: another version is still there
 * @throws whatever a store throws: the platform retries the request
 */
export async function erasePhoto(
  ports: { photos: PhotoStore; features: FeatureStore; clock: Clock; log: Log },
  { photo, sequencer, isOneVersion }: Removal,
): Promise<'erased' | 'stale' | 'kept'> {
  const status = await erase();
  ports.log.info('erasure', { photo, status });
  return status;

  async function erase() {
    if (isOneVersion && (await ports.photos.head(photo)) !== undefined) return 'kept';
    const expiresAt = Math.floor(ports.clock.now() / 1000) + TOMBSTONE_SECONDS;
    const isErased = await ports.features.put({ kind: 'erased', photo, sequencer, expiresAt });
    return isErased ? 'erased' : 'stale';
  }
}

/**
 * Tells whether a photo was erased after that object was written.
 *
 * S3 and TTL tell whole seconds; in the same second the erasure wins: its event follows anyway.
 *
 * @param lastModified of the object, milliseconds since the epoch
 */
export function isTombstoneNewer(seen: SeenItem, lastModified: number): boolean {
  return (
    seen.expiresAt !== undefined && seen.expiresAt - TOMBSTONE_SECONDS >= Math.floor(lastModified / 1000)
  );
}
