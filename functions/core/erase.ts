/** Erasing: whatever is stored of a photo → a tombstone. */
import { toTombstone } from './ordering.ts';
import type { Clock, FeatureStore, Log, PhotoStore } from './ports.ts';

/** A photo that an event says was removed. */
export interface Removal {
  key: string;
  sequencer: string;
  /** Only one version of it was deleted, in a bucket that keeps versions: the photo itself may still be there. */
  isOneVersion: boolean;
}

/**
 * Replaces what is stored of a photo with a tombstone, so that a late ObjectCreated cannot revive it.
 *
 * @returns what became of it; `stale`: a newer event is already stored, `kept`: another version is still there
 * @throws whatever a store throws: the platform retries the request
 */
export async function erasePhoto(
  ports: { photos: PhotoStore; features: FeatureStore; clock: Clock; log: Log },
  removal: Removal,
): Promise<'erased' | 'stale' | 'kept'> {
  const { key, isOneVersion } = removal;
  const status = await erase();
  ports.log.info('erasure', { key, status });
  return status;

  async function erase() {
    if (isOneVersion && (await ports.photos.head(key)) !== undefined) return 'kept';
    const isErased = await ports.features.put(toTombstone(removal, ports.clock.now()));
    return isErased ? 'erased' : 'stale';
  }
}
