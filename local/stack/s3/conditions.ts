/** Which version a request is about, and which bytes of it. */
import type { Headers } from './body.ts';
import { S3Error } from './error.ts';
import type { StoredObject } from './stored.ts';

type Version = Pick<StoredObject, 'etag' | 'modified'>;

/**
 * Checks the conditions of a read.
 *
 * @param prefix `x-amz-copy-source-` for those about the source of a copy
 * @throws S3Error `PreconditionFailed`; `NotModified`, except for a copy
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html on how conditions combine
 */
export function checkRead(headers: Headers, version: Version, prefix = ''): void {
  const [match, noneMatch] = [headers[`${prefix}if-match`], headers[`${prefix}if-none-match`]];
  // NaN, where there is no date, is neither before nor after anything.
  const since = Date.parse(headers[`${prefix}if-modified-since`] ?? '');
  const unchangedSince = Date.parse(headers[`${prefix}if-unmodified-since`] ?? '');
  const modified = Math.floor(version.modified / 1000) * 1000;

  if (match !== undefined ? !names(match, version) : modified > unchangedSince)
    throw failed('If-Match or If-Unmodified-Since');
  const isKnown = noneMatch !== undefined ? names(noneMatch, version) : modified <= since;
  if (!isKnown) return;
  if (prefix) throw failed('If-None-Match or If-Modified-Since');
  throw new S3Error('NotModified', undefined, {}, describeVersion(version));
}

/** A version as headers tell it. */
export function describeVersion({ etag, modified }: Version): Record<string, string> {
  return { etag: `"${etag}"`, 'last-modified': new Date(modified).toUTCString() };
}

/**
 * Checks the conditions of a write or a deletion.
 *
 * @param present what lies under the key
 * @throws S3Error `PreconditionFailed`, `NoSuchKey` where a version is asked for and nothing is there
 */
export function checkWrite(headers: Headers, Key: string, present: Version | undefined): void {
  const { 'if-match': match, 'if-none-match': noneMatch } = headers;
  if (noneMatch !== undefined && noneMatch !== '*')
    throw new S3Error('NotImplemented', 'If-None-Match of a write is *');
  if (noneMatch !== undefined && present) throw failed('If-None-Match');
  if (match === undefined) return;
  if (!present) throw new S3Error('NoSuchKey', undefined, { Key });
  if (!names(match, present)) throw failed('If-Match');
}

/** Inclusive. */
export interface ByteRange {
  start: number;
  end: number;
}

/**
 * Reads a range such as `bytes=0-99`, `bytes=100-` or `bytes=-5`.
 *
 * @returns undefined for the whole: there is no range, or one that S3 ignores
 * @throws S3Error `InvalidRange` where nothing of it lies within
 */
export function readRange(range: string | undefined, bytes: number): ByteRange | undefined {
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(range ?? '') ?? [];
  const isIgnored = (from === '' && to === '') || (from !== '' && to !== '' && Number(to) < Number(from));
  if (isIgnored) return undefined;
  const start = from === '' ? Math.max(0, bytes - Number(to)) : Number(from);
  const end = from === '' || to === '' ? bytes - 1 : Math.min(Number(to), bytes - 1);
  if (start <= end) return { start, end };
  const detail = { ActualObjectSize: bytes };
  throw new S3Error('InvalidRange', undefined, detail, { 'content-range': `bytes */${bytes}` });
}

/** Whether a header, `*` or a list of ETags, names the version. */
function names(header: string, { etag }: Version): boolean {
  return header.split(',').some((tag) => tag.trim() === '*' || tag.replace(/^\s*W\/|[\s"]/g, '') === etag);
}

function failed(Condition: string): S3Error {
  return new S3Error('PreconditionFailed', undefined, { Condition });
}
