/** Erasing: what is stored of a photo → a tombstone. */
import type { Clock, FeatureStore, Log, SeenItem } from './ports.ts';

/** How long a tombstone stays: longer than any event can be late (a redriven failure is at most 14 days old). */
export const TOMBSTONE_SECONDS = 30 * 24 * 3600;

/**
 * Replaces what is stored of a photo by a tombstone, so that a late ObjectCreated cannot revive it.
 *
 * @returns whether it was erased; false: a newer event is already stored
 * @throws whatever the store throws: the platform retries the request
 */
export async function erasePhoto(
  ports: { features: FeatureStore; clock: Clock; log: Log },
  removal: { photo: string; sequencer: string },
): Promise<boolean> {
  const expiresAt = Math.floor(ports.clock.now() / 1000) + TOMBSTONE_SECONDS;
  const erased = await ports.features.put({ kind: 'erased', ...removal, expiresAt });
  ports.log.info('erasure', { photo: removal.photo, status: erased ? 'erased' : 'stale' });
  return erased;
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
