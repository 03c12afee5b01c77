/** Zip files that depend on nothing but what is in them. */
import { type Zippable, zipSync } from 'fflate';

/**
 * Zips files: the same files give the same bytes, on any machine, at any time. Sorted by name, dated 1980,
 * readable by everybody. Compressed in plain JavaScript: zlib's own output differs between processors.
 *
 * @param files contents by path, with `/`
 */
export function zipFiles(files: Map<string, Uint8Array>): Uint8Array {
  const sorted: Zippable = {};
  for (const path of [...files.keys()].sort()) sorted[path] = files.get(path)!;
  return zipSync(sorted, {
    level: 6, // 9 takes a third more time and saves a thousandth
    mtime: new Date(1980, 0, 1), // the earliest that a zip file can state; in local time, as fflate writes it
    os: UNIX,
    attrs: REGULAR_FILE_0644 << 16,
  });
}

const UNIX = 3;
const REGULAR_FILE_0644 = 0o100644;
