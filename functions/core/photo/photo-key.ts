/** What an object's key says of the photo. */

/** Which objects of the bucket are photos to Verger: the filter of the bucket's events. Empty matches anything. */
export interface PhotoScope {
  prefix: string;
  suffix: string;
}

/** Tells photos from objects outside of the scope and from folder markers. */
export function isPhoto(key: string, { prefix, suffix }: PhotoScope): boolean {
  return key.startsWith(prefix) && key.endsWith(suffix) && !isFolderMarker(key);
}

/** Tells the empty objects that consoles create to show a folder. */
export function isFolderMarker(key: string): boolean {
  return key.endsWith('/');
}

/**
 * The photo's label: its parent folder (`fruits/Apple Golden 3/12_100.jpg` → `Apple Golden 3`).
 *
 * @returns undefined for a photo in no folder
 */
export function labelOf(key: string): string | undefined {
  return key.split('/').at(-2) || undefined;
}
