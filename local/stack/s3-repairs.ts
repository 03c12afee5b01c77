/** What s3rver lacks of S3, made good: Koa middleware before its own. */
import { text } from 'node:stream/consumers';
import type { S3Context } from '@20minutes/s3rver';
import S3Error from '@20minutes/s3rver/lib/models/error.js';
import { createChunkedDecoder } from './aws-chunked.ts';
import type { Conditions } from './conditions.ts';
import type { GivenObject, ObjectStore } from './object-store.ts';

type Next = () => Promise<void>;

/** It works out signatures, of the one account that it knows. Here anybody may do anything: save the time. */
export async function takeAnyCredentials({ headers }: S3Context, next: Next): Promise<void> {
  delete headers.authorization;
  await next();
}

/** Its router finds no way to a key with an empty folder name, and answers with something that is no XML. */
export async function refuseEmptyFolders({ path }: S3Context, next: Next): Promise<void> {
  if (path.includes('//')) {
    throw new S3Error('InvalidURI', 'The local S3 takes no key with // in it, nor with / before all else');
  }
  await next();
}

/** It escapes what its XML library escapes again: `&` came out of a listing as `&amp;`. */
export async function escapeOnce(context: S3Context, next: Next): Promise<void> {
  await next();
  if (typeof context.body === 'string') context.body = context.body.replaceAll('&amp;', '&');
}

/** It refuses bodies in chunks with a checksum behind them, which the SDKs send of streams. */
export async function decodeChunks(context: S3Context, next: Next): Promise<void> {
  const { headers } = context;
  if (headers['x-amz-content-sha256']?.startsWith('STREAMING-')) {
    const decoder = createChunkedDecoder();
    context.req.on('error', (error) => decoder.destroy(error));
    context.req = context.req.pipe(decoder);
    headers['x-amz-content-sha256'] = 'UNSIGNED-PAYLOAD';
    const encoding = headers['content-encoding']?.replace(/aws-chunked,?\s*/, '');
    if (encoding) headers['content-encoding'] = encoding;
    else delete headers['content-encoding'];
  }
  await next();
}

/** It ignores If-Match, and If-None-Match on writes: the store checks them, and acts, in one step. */
export async function holdToConditions(context: S3Context, next: Next): Promise<void> {
  const { headers, method } = context;
  const match = headers['if-match'];
  const noneMatch = method === 'PUT' || method === 'POST' ? headers['if-none-match'] : undefined;
  if (match !== undefined || noneMatch !== undefined) {
    context.store = withConditions(context.store as ObjectStore, { match, noneMatch });
  }
  await next();
}

function withConditions(store: ObjectStore, conditions: Conditions): ObjectStore {
  return {
    ...store,
    getObject: (bucket, key, range) => store.getObject(bucket, key, range, conditions),
    putObject: (given: GivenObject) => store.putObject(given, conditions),
    putObjectMultipart: (bucket, id, parts) => store.putObjectMultipart(bucket, id, parts, conditions),
  };
}

/** It leaves `%2B` and its like in the source of a copy as they are. */
export async function decodeCopySource({ headers }: S3Context, next: Next): Promise<void> {
  const source = headers['x-amz-copy-source'];
  if (source !== undefined) headers['x-amz-copy-source'] = encodeURI(decodeURIComponent(source));
  await next();
}

/** It reads the keys of a DeleteObjects as numbers where they look like it: `001` removed `1`. */
export async function deleteObjects(context: S3Context, next: Next): Promise<void> {
  if (context.method !== 'POST' || !('delete' in context.query)) return next();
  const body = await text(context.req);
  const keys = [...body.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = '']) => unescapeXml(key));
  const bucket = decodeURIComponent(context.path.replace(/^\/|\/$/g, ''));
  for (const key of keys) await (context.store as ObjectStore).deleteObject(bucket, key);
  const isQuiet = /<Quiet>\s*true\s*<\/Quiet>/.test(body);
  const deleted = isQuiet ? [] : keys.map((Key) => ({ Key }));
  context.body = {
    DeleteResult: { '@': { xmlns: 'http://s3.amazonaws.com/doc/2006-03-01/' }, Deleted: deleted },
  };
}

function unescapeXml(escaped: string): string {
  return escaped.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (all, hex, decimal, name) => {
    if (hex) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal) return String.fromCodePoint(Number(decimal));
    return NAMED_ENTITIES[name] ?? all;
  });
}

const NAMED_ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
