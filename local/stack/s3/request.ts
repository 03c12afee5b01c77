/** A request to S3 as operations see it, and what they answer. */
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { Headers } from './body.ts';
import { S3Error } from './error.ts';
import type { ObjectStore } from './object-store.ts';

export interface S3Request {
  method: string;
  /** Empty: the request is about all buckets. */
  bucket: string;
  /** Decoded; empty: the request is about the bucket. */
  key: string;
  query: URLSearchParams;
  headers: Headers;
  body: AsyncIterable<Buffer> | Iterable<Buffer>;
  store: ObjectStore;
  region: string;
}

export interface S3Answer {
  status?: number;
  headers?: Record<string, string | number | undefined>;
  /** A string is XML. */
  body?: string | Buffer | Readable;
}

export type Operation = (request: S3Request) => S3Answer | Promise<S3Answer>;

/**
 * Reads bucket, key and query. Signatures are not checked, but an address signed for a time expires.
 *
 * @throws S3Error where a key is too long, or the address cannot be decoded or has expired
 */
export function parseRequest(request: IncomingMessage, store: ObjectStore, region: string): S3Request {
  const { method = '', url = '', headers } = request;
  // Not by URL, which would resolve `..` in a key.
  const [address = '', search = ''] = url.split(/\?(.*)/s);
  const [, host] = /^([^:]+)\.localhost(?::|$)/i.exec(headers.host ?? '') ?? [];
  const [, bucket = '', key = ''] = /^\/([^/]*)\/?(.*)$/s.exec(host ? `/${host}${address}` : address) ?? [];
  const query = new URLSearchParams(search);
  checkExpiry(query);
  // Presigned headers; not checksums, which S3 ignores there: an SDK signs those of an empty body.
  const signed = [...query].filter(([name]) => /^x-amz-(acl|meta-.*|storage-class|tagging)$/i.test(name));
  return {
    method,
    bucket: decode(bucket),
    key: checkKey(decode(key)),
    query,
    headers: {
      ...Object.fromEntries(signed.map(([name, value]) => [name.toLowerCase(), value])),
      ...(headers as Headers),
    },
    body: request.iterator({ destroyOnReturn: false }),
    store,
    region,
  };
}

/** @throws S3Error `KeyTooLongError` */
export function checkKey(key: string): string {
  const Size = Buffer.byteLength(key);
  if (Size > MOST_KEY_BYTES)
    throw new S3Error('KeyTooLongError', undefined, { Size, MaxSizeAllowed: MOST_KEY_BYTES });
  return key;
}

/** A whole number in a query, `most` where it is larger or absent. @throws S3Error `InvalidArgument` naming it */
export function readNumber({ query }: S3Request, name: string, most: number, fallback = most): number {
  const text = query.get(name) || String(fallback);
  if (/^\d+$/.test(text)) return Math.min(Number(text), most);
  throw new S3Error('InvalidArgument', `${name} is not a whole number`, {
    ArgumentName: name,
    ArgumentValue: text,
  });
}

const MOST_KEY_BYTES = 1024;

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html */
function checkExpiry(query: URLSearchParams): void {
  const date = query
    .get('X-Amz-Date')
    ?.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
  const end = query.has('X-Amz-Expires')
    ? Date.parse(date ?? '') + Number(query.get('X-Amz-Expires')) * 1000
    : Number(query.get('Expires') ?? Number.POSITIVE_INFINITY) * 1000; // as the older signature has it
  if (!(Date.now() <= end)) throw new S3Error('AccessDenied', 'Request has expired');
}

/** @throws S3Error `InvalidURI` */
export function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new S3Error('InvalidURI');
  }
}
