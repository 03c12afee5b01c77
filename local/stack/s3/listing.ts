/** ListObjects, old and new. */
import { S3Error } from './error.ts';
import { readNumber, type S3Answer, type S3Request } from './request.ts';
import { toXml, type XmlFields } from './xml.ts';

/** ListObjectsV2. */
export function listObjectsV2(request: S3Request): S3Answer {
  const { query } = request;
  const [token, startAfter] = [
    query.get('continuation-token') ?? undefined,
    query.get('start-after') ?? undefined,
  ];
  const { page, encode, fields } = list(request, token === undefined ? (startAfter ?? '') : readToken(token));
  return {
    body: toXml('ListBucketResult', {
      StartAfter: startAfter && encode(startAfter),
      ContinuationToken: token,
      NextContinuationToken: page.last && Buffer.from(page.last).toString('base64url'),
      KeyCount: page.keys.length + page.prefixes.length,
      ...fields(query.get('fetch-owner') === 'true'),
    }),
  };
}

/** ListObjects, the older one. */
export function listObjects(request: S3Request): S3Answer {
  const marker = request.query.get('marker') ?? '';
  const { page, encode, fields } = list(request, marker);
  const NextMarker = request.query.get('delimiter') && page.last ? encode(page.last) : undefined;
  return { body: toXml('ListBucketResult', { Marker: encode(marker), NextMarker, ...fields(true) }) };
}

export const OWNER = { ID: 'local', DisplayName: 'local' };

const MOST_KEYS = 1000;

function list(request: S3Request, after: string) {
  const { store, bucket, query } = request;
  const [prefix, delimiter] = [query.get('prefix') ?? '', query.get('delimiter') ?? ''];
  const encoding = query.get('encoding-type') ?? undefined;
  if (encoding && encoding !== 'url')
    throw new S3Error('InvalidArgument', 'Invalid Encoding Method specified in Request');
  const encode = (key: string) => (encoding ? encodeURIComponent(key).replace(/%2F/g, '/') : key);
  const maxKeys = readNumber(request, 'max-keys', MOST_KEYS);
  const page = takePage(store.keys(bucket), { prefix, delimiter, after, maxKeys });

  function describe(key: string, hasOwner: boolean): XmlFields {
    const { etag, bytes, modified, checksum } = store.get(bucket, key);
    return {
      Key: encode(key),
      LastModified: new Date(modified).toISOString(),
      ETag: `"${etag}"`,
      ChecksumAlgorithm: checksum?.algorithm,
      ChecksumType: checksum?.type,
      Size: bytes,
      StorageClass: 'STANDARD',
      Owner: hasOwner ? OWNER : undefined,
    };
  }
  const fields = (hasOwner: boolean): XmlFields => ({
    Name: bucket,
    Prefix: encode(prefix),
    Delimiter: delimiter ? encode(delimiter) : undefined,
    MaxKeys: maxKeys,
    EncodingType: encoding,
    IsTruncated: page.last !== undefined,
    Contents: page.keys.map((key) => describe(key, hasOwner)),
    CommonPrefixes: page.prefixes.map((common) => ({ Prefix: encode(common) })),
  });
  return { page, encode, fields };
}

interface Page {
  keys: string[];
  /** Keys up to the delimiter after the prefix, each once. */
  prefixes: string[];
  /** The last of either, where there are more. */
  last: string | undefined;
}

/**
 * Takes one page.
 *
 * @param sorted keys in the order of their UTF-8 bytes
 * @param options `after`: the key, or common prefix, behind which the page begins
 */
function takePage(
  sorted: string[],
  {
    prefix,
    delimiter,
    after,
    maxKeys,
  }: { prefix: string; delimiter: string; after: string; maxKeys: number },
): Page {
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
