/** Objects put, read, copied and removed. */
import { Readable } from 'node:stream';
import { checksumFields, checksumHeaders, type Headers, readAlgorithm, receive, sumOf } from './body.ts';
import { checkRead, describeVersion, readRange } from './conditions.ts';
import { S3Error } from './error.ts';
import { PIECE } from './object-store.ts';
import { checkKey, decode, type S3Answer, type S3Request } from './request.ts';
import type { StoredObject } from './stored.ts';
import { elements, textOf, toXml, type XmlFields } from './xml.ts';

/** PutObject. */
export async function putObject(
  { store, bucket, key, headers, body }: S3Request,
  kind: 'Put' | 'Post' = 'Put',
) {
  store.checkBucket(bucket);
  const wanted = readAlgorithm(headers['x-amz-sdk-checksum-algorithm']);
  const { bytes, checksum } = await receive(headers, body, wanted);
  const object = { kind, key, headers: keptHeaders(headers), checksum };
  const { etag } = store.write(bucket, object, [bytes], headers);
  return { headers: { etag: `"${etag}"`, ...checksumHeaders(checksum) } };
}

/** GetObject and HeadObject. */
export function getObject({ store, bucket, key, method, query, headers }: S3Request): S3Answer {
  if (query.has('partNumber'))
    throw new S3Error('NotImplemented', 'The local S3 reads no parts of objects by number');
  const object = store.get(bucket, key);
  checkRead(headers, object);
  const isOther = headers['if-range']?.startsWith('"') && headers['if-range'] !== `"${object.etag}"`;
  const range = isOther ? undefined : readRange(headers.range, object.bytes);
  const overrides = [...query].map(([name, value]) => [name.replace(/^response-/, ''), value] as const);
  const pieces = store.read(bucket, object, range);
  return {
    status: range ? 206 : 200,
    headers: {
      'content-type': 'binary/octet-stream',
      ...object.headers,
      ...Object.fromEntries(overrides.filter(([name]) => KEPT_HEADERS.includes(name))),
      ...describeVersion(object),
      'accept-ranges': 'bytes',
      'content-length': range ? range.end - range.start + 1 : object.bytes,
      'content-range': range && `bytes ${range.start}-${range.end}/${object.bytes}`,
      ...(headers['x-amz-checksum-mode'] === 'ENABLED' && !range && checksumHeaders(object.checksum)),
    },
    // Small objects are sent at once, which costs less than a stream.
    ...(method === 'GET' && {
      body: object.bytes > PIECE ? Readable.from(pieces) : Buffer.concat([...pieces]),
    }),
  };
}

/** CopyObject. */
export async function copyObject(request: S3Request): Promise<S3Answer> {
  const { store, bucket, key, headers } = request;
  const { from, source } = findSource(request);
  const isReplacing = headers['x-amz-metadata-directive'] === 'REPLACE';
  if (from === bucket && source.key === key && !isReplacing) {
    const why = 'A copy of an object to itself has to replace its metadata: it changes nothing else';
    throw new S3Error('InvalidRequest', why);
  }
  const algorithm = readAlgorithm(headers['x-amz-checksum-algorithm']) ?? source.checksum?.algorithm;
  const checksum = algorithm && (await sumOf(algorithm, store.read(from, source)));
  const kept = isReplacing ? keptHeaders(headers) : source.headers;
  const object = { kind: 'Copy', key, headers: kept, checksum } as const;
  const copy = store.write(bucket, object, store.read(from, source), headers);
  return { body: toXml('CopyObjectResult', describeCopy(copy)) };
}

/** The source of a copy. @throws S3Error where it is not there, or not as asked for */
export function findSource({ store, headers }: S3Request) {
  const [path = '', version] = (headers['x-amz-copy-source'] ?? '').split('?');
  if (version) throw new S3Error('NotImplemented', 'The local S3 keeps no versions');
  const [, from = '', key = ''] = /^\/?([^/]+)\/(.+)$/s.exec(decode(path)) ?? [];
  if (!key) {
    const why = 'Copy Source must mention the source bucket and key: sourcebucket/sourcekey';
    throw new S3Error('InvalidArgument', why);
  }
  const source = store.get(from, key);
  checkRead(headers, source, 'x-amz-copy-source-');
  return { from, source };
}

/** What became of a copy. */
export function describeCopy({
  etag,
  modified,
  checksum,
}: Pick<StoredObject, 'etag' | 'modified' | 'checksum'>): XmlFields {
  return { LastModified: new Date(modified).toISOString(), ETag: `"${etag}"`, ...checksumFields(checksum) };
}

/** DeleteObject. */
export function deleteObject({ store, bucket, key, headers }: S3Request): S3Answer {
  store.remove(bucket, key, headers);
  return { status: 204 };
}

/** DeleteObjects. */
export async function deleteObjects({ store, bucket, headers, body }: S3Request): Promise<S3Answer> {
  const xml = (await receive(headers, body)).bytes.toString();
  const objects = elements(elements(xml, 'Delete')[0] ?? '', 'Object');
  if (objects.length === 0 || objects.length > MOST_DELETED) throw new S3Error('MalformedXML');
  store.checkBucket(bucket);
  const answers: { Deleted: XmlFields[]; Error: XmlFields[] } = { Deleted: [], Error: [] };
  for (const object of objects) {
    const Key = textOf(object, 'Key') ?? '';
    try {
      if (textOf(object, 'VersionId')) throw new S3Error('NotImplemented', 'The local S3 keeps no versions');
      store.remove(bucket, checkKey(Key), { 'if-match': textOf(object, 'ETag') });
      answers.Deleted.push({ Key });
    } catch (error) {
      if (!(error instanceof S3Error)) throw error;
      answers.Error.push({ Key, Code: error.code, Message: error.message });
    }
  }
  if (textOf(xml, 'Quiet') === 'true') answers.Deleted = [];
  return { body: toXml('DeleteResult', answers) };
}

/** Those of an upload's headers that are kept with the object. */
export function keptHeaders(headers: Headers): Record<string, string> {
  const encoding = headers['content-encoding']?.replace(/aws-chunked,?\s*/, '');
  const kept = Object.entries({ ...headers, 'content-encoding': encoding }).filter(
    ([name, value]) => value && (KEPT_HEADERS.includes(name) || name.startsWith('x-amz-meta-')),
  );
  return Object.fromEntries(kept) as Record<string, string>;
}

const MOST_DELETED = 1000;

const KEPT_HEADERS =
  'cache-control content-disposition content-encoding content-language content-type expires'.split(' ');
