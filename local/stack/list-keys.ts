/** ListObjects over keys that are in order. */

export interface ListOptions {
  prefix?: string | undefined;
  startAfter?: string | undefined;
  delimiter?: string | undefined;
  maxKeys?: number | undefined;
}

export interface ListedKeys {
  keys: string[];
  /** Keys up to the delimiter after the prefix, each once. */
  commonPrefixes: string[];
  isTruncated: boolean;
}

/**
 * Takes one page of keys.
 *
 * @param sorted keys in the order of their UTF-8 bytes
 */
export function listKeys(sorted: string[], options: ListOptions): ListedKeys {
  const { prefix = '', startAfter, delimiter, maxKeys = 1000 } = options;
  const after = startAfter === undefined ? undefined : Buffer.from(startAfter);
  const keys: string[] = [];
  const commonPrefixes = new Set<string>();
  for (const key of sorted) {
    if (!key.startsWith(prefix)) continue;
    if (after && Buffer.compare(Buffer.from(key), after) <= 0) continue;
    const cut = delimiter ? key.indexOf(delimiter, prefix.length) : -1;
    const common = cut < 0 ? undefined : key.slice(0, cut + delimiter!.length);
    if (common !== undefined && commonPrefixes.has(common)) continue;
    if (keys.length === maxKeys) return { keys, commonPrefixes: [...commonPrefixes], isTruncated: true };
    if (common === undefined) keys.push(key);
    else commonPrefixes.add(common);
  }
  return { keys, commonPrefixes: [...commonPrefixes], isTruncated: false };
}
