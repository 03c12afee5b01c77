/** ListObjectsV2, and the older ListObjects. */
import { S3Error } from './error.ts';
import { readNumber, type S3Answer, type S3Request } from './request.ts';
import { toXml, type XmlFields } from './xml.ts';

export const OWNER = { ID: 'local', DisplayName: 'local' };

const MOST_KEYS = 1000;

/** One page of keys and common prefixes. */
export function listObjects(request: S3Request): S3Answer {
  const { store, bucket, query } = request;
  const isNew = query.has('list-type');
  const [prefix, delimiter] = [query.get('prefix') ?? '', query.get('delimiter') ?? ''];
  const encoding = query.get('encoding-type') ?? undefined;
  if (encoding && encoding !== 'url')
    throw new S3Error('InvalidArgument', 'Invalid Encoding Method specified in Request');
  const encode = (key: string) => (encoding ? encodeURIComponent(key).replace(/%2F/g, '/') : key);
  const maxKeys = readNumber(request, 'max-keys', MOST_KEYS);
  const token = isNew ? (query.get('continuation-token') ?? undefined) : undefined;
  const start = query.get(isNew ? 'start-after' : 'marker') ?? '';
  const after = token === undefined ? start : readToken(token);
  const { keys, prefixes, last } = takePage(store.keys(bucket), { prefix, delimiter, after, maxKeys });

  function describe(key: string): XmlFields {
    const { etag, bytes, modified, checksum } = store.get(bucket, key);
    return {
      Key: encode(key),
      LastModified: new Date(modified).toISOString(),
      ETag: `"${etag}"`,
      ChecksumAlgorithm: checksum?.algorithm,
      ChecksumType: checksum?.type,
      Size: bytes,
      StorageClass: 'STANDARD',
      Owner: isNew && query.get('fetch-owner') !== 'true' ? undefined : OWNER,
    };
  }
  const place: XmlFields = isNew
    ? {
        StartAfter: start ? encode(start) : undefined,
        ContinuationToken: token,
        NextContinuationToken: last && Buffer.from(last).toString('base64url'),
        KeyCount: keys.length + prefixes.length,
      }
    : { Marker: encode(start), NextMarker: delimiter && last ? encode(last) : undefined };
  const body = toXml('ListBucketResult', {
    ...place,
    Name: bucket,
    Prefix: encode(prefix),
    Delimiter: delimiter ? encode(delimiter) : undefined,
    MaxKeys: maxKeys,
    EncodingType: encoding,
    IsTruncated: last !== undefined,
    Contents: keys.map(describe),
    CommonPrefixes: prefixes.map((common) => ({ Prefix: encode(common) })),
  });
  return { body };
}

interface PageOptions {
  prefix: string;
  delimiter: string;
  /** The key, or common prefix, behind which the page begins. */
  after: string;
  maxKeys: number;
}

/**
 * Takes one page.
 *
 * @param sorted keys in the order of their UTF-8 bytes
 * @returns keys; keys up to the delimiter after the prefix, each once; the last of either, where there are more
 */
function takePage(sorted: string[], { prefix, delimiter, after, maxKeys }: PageOptions) {
  const keys: string[] = [];
  const prefixes: string[] = [];
  let last: string | undefined;
  for (let at = findFirst(sorted, prefix, after); at < sorted.length && maxKeys > 0; at++) {
    const key = sorted[at]!;
    if (!key.startsWith(prefix)) break;
    const cut = delimiter ? key.indexOf(delimiter, prefix.length) : -1;
    const item = cut < 0 ? key : key.slice(0, cut + delimiter.length);
    if (item === after || item === last) continue;
    if (keys.length + prefixes.length === maxKeys) return { keys, prefixes, last };
    (cut < 0 ? keys : prefixes).push(item);
    last = item;
  }
  return { keys, prefixes, last: undefined };
}

/** Index of the first key that is not before the prefix, and behind the other. */
function findFirst(sorted: string[], prefix: string, after: string): number {
  const [from, behind] = [Buffer.from(prefix), Buffer.from(after)];
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const key = Buffer.from(sorted[middle]!);
    if (key.compare(from) < 0 || (after && key.compare(behind) <= 0)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function readToken(token: string): string {
  const last = Buffer.from(token, 'base64url').toString();
  if (last && Buffer.from(last).toString('base64url') === token) return last;
  throw new S3Error('InvalidArgument', 'The continuation token provided is incorrect');
}
