/**
 * Where what of a snapshot lies in its bucket. A snapshot is named `<UTC time>-<id>`. Those of all photos lie at the
 * bucket's top, those of a collection in the same way below a folder of its own.
 */

/**
 * Folder of the collection of photos whose keys begin with `prefix`, ending with `/`; for all photos an empty string.
 *
 * Its name is the prefix with `-` and two hexadecimal digits for each byte that is not an ASCII letter or digit: two
 * prefixes never share a folder, no folder lies in another, and no reader takes one for hidden or encoded.
 */
export function collectionFolder(prefix: string): string {
  if (prefix === '') return '';
  const bytes = [...Buffer.from(prefix)].map((byte) => {
    const character = String.fromCharCode(byte);
    if (/[A-Za-z0-9]/.test(character)) return character;
    return `-${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  });
  return `collections/${bytes.join('')}/`;
}

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

/** The snapshot that a part belongs to, by the part's path below {@link ROWS_FOLDER}; undefined where it is none of Verger's. */
export function nameOfPart(path: string): string | undefined {
  return /^snapshot=([^/]+)\//.exec(path)?.[1];
}

/** Holds a folder a snapshot, of its files that are not rows. */
export const FILES_FOLDER = 'snapshots/';

/** Folder of a snapshot's other files. */
export function filesFolder(snapshot: string): string {
  return `${FILES_FOLDER}${snapshot}/`;
}

/** When a snapshot began, by its name: milliseconds since the epoch; undefined where it is the name of none. */
export function parseSnapshotName(name: string): number | undefined {
  const [, ...parts] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d\.\d{3}Z)-[^/]+$/.exec(name) ?? [];
  const [year, month, day, hour, minute, second] = parts;
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}`);
  return Number.isNaN(time) ? undefined : time;
}

/** Whether a snapshot began before another. Names may be of Verger 0.1, which began with `snapshot=`. */
export function beganBefore(one: string, other: string): boolean {
  return timeAndId(one) < timeAndId(other);
}

function timeAndId(name: string): string {
  return name.replace(/^snapshot=/, '');
}
