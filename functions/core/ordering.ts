/**
 * Which event wins: everything that Verger says about order, in one place.
 *
 * **Events.** S3 delivers each event at least once and in any order; sequencers order the events of one key. An event
 * writes only over nothing or over an older event ({@link isNewer}). A removal leaves a tombstone with its sequencer,
 * without which a late ObjectCreated would revive the photo.
 *
 * **Backfill** has no event. It lists what is in the bucket, and a photo that is in the bucket is alive, whatever the
 * table says. Two things keep it from undoing an event: the photo is read with `If-Match`, and written only over what
 * was seen ({@link isUnchanged}). An event that comes after it wins as before, since the sequencer seen is kept.
 *
 * **No times are compared**, as a tombstone may be younger than a living photo:
 * - Undeleted in a versioned bucket: put, delete marker (tombstone), marker deleted. S3 reports the last as
 *   ObjectRemoved:Delete with the marker's version, and nothing created; the photo is as old as it was.
 * - The newest version deleted, so that an older one is the photo again: no event brings that one's features, and
 *   where a delete marker lay between the two, a tombstone remains.
 * - An erase that runs late, after the photo was put again: its sequencer is older, but its time is not.
 * - A row deleted by hand: nothing stored is newer than a late copy of an old erase.
 *
 * In each, the next backfill finds a photo that is not stored as it is, and brings it back.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
 */
import { ContractBroken } from './errors.ts';
import type {
  BackfillRequest,
  ErasedItem,
  EventRequest,
  FeatureItem,
  FeatureStore,
  PhotoVersion,
  SeenItem,
} from './ports.ts';
import { preview } from './preview.ts';

/** How long a tombstone stays: longer than any event can be late (a redriven failure is at most 14 days old). */
export const TOMBSTONE_SECONDS = 30 * 24 * 3600;

const SEQUENCER_LENGTH = 40;

/**
 * Brings a sequencer to one length, so that comparing as text orders the events of one key: S3 says to pad the
 * shorter with zeros on the right.
 *
 * @throws ContractBroken for anything but up to 40 hexadecimal digits
 */
export function padSequencer(sequencer: string): string {
  if (!isSequencer(sequencer)) {
    throw new ContractBroken(`sequencer ${preview(sequencer)} is not 1 to 40 hexadecimal digits`);
  }
  return sequencer.toUpperCase().padEnd(SEQUENCER_LENGTH, '0');
}

/** Whether a value can be a sequencer. */
export function isSequencer(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9A-Fa-f]{1,40}$/.test(value);
}

/**
 * Whether an event may write over what is stored.
 *
 * @param stored the sequencer stored, padded; undefined: nothing is stored, or what backfill wrote over nothing
 */
export function isNewer(sequencer: string, stored: string | undefined): boolean {
  return stored === undefined || padSequencer(sequencer) > stored;
}

/** What a removal leaves behind. @param now milliseconds since the epoch */
export function toTombstone(
  { key, sequencer }: { key: string; sequencer: string },
  now: number,
): ErasedItem & { sequencer: string } {
  return { kind: 'erased', key, sequencer, expiresAt: Math.floor(now / 1000) + TOMBSTONE_SECONDS };
}

/** What backfill compares to tell whether what is stored has changed since it looked. */
export const SEEN = ['etag', 'sequencer', 'model', 'refused'] as const satisfies (keyof SeenItem)[];

/** What backfill sees of an item; of a tombstone its sequencer alone. */
export function toSeen(item: FeatureItem): SeenItem {
  return {
    ...(item.sequencer !== undefined && { sequencer: item.sequencer }),
    ...(item.kind !== 'erased' && { etag: item.etag, model: item.model }),
    ...(item.kind === 'refused' && { refused: item.refused }),
  };
}

/** Whether what is stored is what backfill saw; undefined: nothing. */
export function isUnchanged(stored: SeenItem | undefined, seen: SeenItem | undefined): boolean {
  if (stored === undefined || seen === undefined) return stored === seen;
  return SEEN.every((name) => stored[name] === seen[name]);
}

/** Whether this model's result for this version of a photo is stored: its features, or why it has none. */
export function isStored({ etag }: PhotoVersion, seen: SeenItem | undefined, model: string): boolean {
  return seen?.etag === etag && seen.model === model;
}

/** Whether a photo in the bucket is to be featurized: it is not stored, or could not be read last time. */
export function isWanted(listed: PhotoVersion, seen: SeenItem | undefined, model: string): boolean {
  return !isStored(listed, seen, model) || seen?.refused === 'unreadable';
}

/** Whether a request is done, or too late: what it would store may not replace what is stored now. */
export function isOvertaken(request: EventRequest | BackfillRequest, stored: SeenItem | undefined): boolean {
  return 'sequencer' in request
    ? !isNewer(request.sequencer, stored?.sequencer)
    : !isUnchanged(stored, request.seen);
}

/** Asks featurize for a photo in the bucket, naming what must not have changed since. */
export function toRequest({ key, etag }: PhotoVersion, seen: SeenItem | undefined): BackfillRequest {
  return { key, etag, ...(seen && { seen }) };
}

/**
 * Stores what became of a photo: for an event, over anything older; for backfill, over what it saw.
 *
 * @returns false when something newer, or the same event, is stored
 */
export function storeInOrder(
  features: FeatureStore,
  request: { sequencer: string } | { seen?: SeenItem },
  item: FeatureItem,
): Promise<boolean> {
  if ('sequencer' in request) return features.put({ ...item, sequencer: request.sequencer });
  const { seen } = request;
  return features.putIfUnchanged({ ...item, ...(seen?.sequencer && { sequencer: seen.sequencer }) }, seen);
}
