/** What an object's key tells of the photo. */

/** Tells the empty objects that consoles create to show a folder from photos. */
export function isFolderMarker(photo: string): boolean {
  return photo.endsWith('/');
}

/**
 * The photo's label: its parent folder (`fruits/Apple Golden 3/12_100.jpg` → `Apple Golden 3`).
 *
 * @returns undefined for a photo in no folder
 */
export function labelOf(photo: string): string | undefined {
  return photo.split('/').at(-2) || undefined;
}
