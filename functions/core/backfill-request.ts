/** Which photos no event announced, and how they are asked for. */
import { isTombstoneNewer } from './erase.ts';
import type { BackfillRequest, ListedPhoto, SeenItem } from './ports.ts';

/**
 * Tells whether a listed photo is to be featurized: it is not stored with this etag and model, nor erased since.
 *
 * @param seen what is stored of it; undefined: nothing
 */
export function isWanted(photo: ListedPhoto, seen: SeenItem | undefined, model: string): boolean {
  if (seen === undefined) return true;
  if (isTombstoneNewer(seen, photo.lastModified)) return false;
  return seen.etag !== photo.etag || seen.model !== model;
}

/** Asks featurize for a listed photo, naming what must not have changed since. */
export function toRequest(
  { photo, etag, lastModified }: ListedPhoto,
  seen: SeenItem | undefined,
): BackfillRequest {
  return { photo, etag, lastModified, ...(seen && { seen }) };
}
