/** Where what of a snapshot lies in its bucket. A snapshot is named `<UTC time>-<id>`. */

/** Holds nothing but rows, so that readers can be given a folder of it. */
export const ROWS_FOLDER = 'rows/';

/**
 * Names a snapshot: one that began later sorts later, and no character is one that Hadoop or S3 treats specially.
 *
 * @param startedAt milliseconds since the epoch
 */
export function nameSnapshot(startedAt: number, id: string): string {
  return `${new Date(startedAt).toISOString().replace(/[-:]/g, '')}-${id}`;
}

/** Folder of a snapshot's Parquet parts, and of nothing else. */
export function partsFolder(snapshot: string): string {
  return `${ROWS_FOLDER}snapshot=${snapshot}/`;
}

/** Folder of a snapshot's other files. */
export function filesFolder(snapshot: string): string {
  return `snapshots/${snapshot}/`;
}

/** Whether a snapshot began before another. Names may be of Verger 0.1, which began with `snapshot=`. */
export function beganBefore(one: string, other: string): boolean {
  return timeAndId(one) < timeAndId(other);
}

function timeAndId(name: string): string {
  return name.replace(/^snapshot=/, '');
}
