/** Objects put, read, copied and removed. */
import { type Headers, readText, receive, toIterable } from './body.ts';
import { checksumFields, checksumHeaders, readAlgorithm } from './checksum.ts';
import { checkRead, checkWrite, readRange } from './conditions.ts';
import { S3Error } from './error.ts';
import type { ObjectEntry } from './object-index.ts';
import { checkKey, decode, type S3Answer, type S3Request } from './request.ts';
import { elements, textOf, toXml, type XmlFields } from './xml.ts';

/** PutObject. */
export async function putObject({ store, bucket, key, headers, body }: S3Request): Promise<S3Answer> {
  const received = receive(headers, body, readAlgorithm(headers['x-amz-sdk-checksum-algorithm']));
  const object = { kind: 'Put', key, headers: keptHeaders(headers) } as const;
  const { etag, checksum } = await store.write(bucket, object, received, (present) =>
    checkWrite(headers, key, present),
  );
  return { headers: { etag: `"${etag}"`, ...checksumHeaders(checksum) } };
}

/** GetObject and HeadObject. */
export function getObject({ store, bucket, key, method, query, headers }: S3Request): S3Answer {
  if (query.has('partNumber'))
    throw new S3Error('NotImplemented', 'The local S3 reads no parts of objects by number');
  const entry = store.get(bucket, key);
  checkRead(headers, entry);
  const isOther = headers['if-range']?.startsWith('"') && headers['if-range'] !== `"${entry.etag}"`;
  const range = isOther ? undefined : readRange(headers.range, entry.bytes);
  const overrides = [...query].map(([name, value]) => [name.replace(/^response-/, ''), value] as const);
  return {
    status: range ? 206 : 200,
    headers: {
      'content-type': 'binary/octet-stream',
      ...entry.headers,
      ...Object.fromEntries(overrides.filter(([name]) => KEPT_HEADERS.includes(name))),
      etag: `"${entry.etag}"`,
      'last-modified': new Date(entry.modified).toUTCString(),
      'accept-ranges': 'bytes',
      'content-length': range ? range.end - range.start + 1 : entry.bytes,
      'content-range': range && `bytes ${range.start}-${range.end}/${entry.bytes}`,
      ...(headers['x-amz-checksum-mode'] === 'ENABLED' && !range && checksumHeaders(entry.checksum)),
    },
    ...(method === 'GET' && { body: store.read(bucket, entry, range) }),
  };
}

/** CopyObject. */
export async function copyObject(request: S3Request): Promise<S3Answer> {
  const { store, bucket, key, headers } = request;
  const { entry, body, isSame } = openSource(request);
  const isReplacing = headers['x-amz-metadata-directive'] === 'REPLACE';
  if (isSame && !isReplacing) {
    throw new S3Error(
      'InvalidRequest',
      'A copy of an object to itself has to replace its metadata: it changes nothing else',
    );
  }
  const algorithm = readAlgorithm(headers['x-amz-checksum-algorithm']) ?? entry.checksum?.algorithm;
  const object = { kind: 'Copy', key, headers: isReplacing ? keptHeaders(headers) : entry.headers } as const;
  const copy = await store.write(bucket, object, receive({}, body, algorithm), (present) =>
    checkWrite(headers, key, present),
  );
  return { body: toXml('CopyObjectResult', describeCopy(copy)) };
}

/** Opens the source of a copy. @throws S3Error where it is not there, or not as asked for */
export function openSource({ store, bucket, key, headers }: S3Request) {
  const [path = '', version] = (headers['x-amz-copy-source'] ?? '').split('?');
  if (version) throw new S3Error('NotImplemented', 'The local S3 keeps no versions');
  const [, from = '', source = ''] = /^\/?([^/]+)\/(.+)$/s.exec(decode(path)) ?? [];
  if (!source)
    throw new S3Error(
      'InvalidArgument',
      'Copy Source must mention the source bucket and key: sourcebucket/sourcekey',
    );
  const entry = store.get(from, source);
  checkRead(headers, entry, 'x-amz-copy-source-');
  const content = store.read(from, entry, readRange(headers['x-amz-copy-source-range'], entry.bytes));
  const body: AsyncIterable<Buffer> = Buffer.isBuffer(content) ? toIterable(content) : content;
  return { entry, body, isSame: from === bucket && source === key };
}

/** What became of a copy. */
export function describeCopy({
  etag,
  modified,
  checksum,
}: Pick<ObjectEntry, 'etag' | 'modified' | 'checksum'>): XmlFields {
  return { LastModified: new Date(modified).toISOString(), ETag: `"${etag}"`, ...checksumFields(checksum) };
}

/** DeleteObject. */
export function deleteObject({ store, bucket, key, headers }: S3Request): S3Answer {
  store.remove(bucket, key, (present) => checkWrite(headers, key, present));
  return { status: 204 };
}

/** DeleteObjects. */
export async function deleteObjects({ store, bucket, headers, body }: S3Request): Promise<S3Answer> {
  const xml = await readText(headers, body);
  const objects = elements(elements(xml, 'Delete')[0] ?? '', 'Object');
  if (objects.length === 0 || objects.length > MOST_DELETED) throw new S3Error('MalformedXML');
  store.keys(bucket);
  const isQuiet = textOf(xml, 'Quiet') === 'true';
  const answers = objects.map((object): XmlFields => {
    const Key = textOf(object, 'Key') ?? '';
    const condition = { 'if-match': textOf(object, 'ETag') };
    try {
      if (textOf(object, 'VersionId')) throw new S3Error('NotImplemented', 'The local S3 keeps no versions');
      store.remove(bucket, checkKey(Key), (present) => checkWrite(condition, Key, present));
      return { Deleted: isQuiet ? undefined : { Key } };
    } catch (error) {
      if (!(error instanceof S3Error)) throw error;
      return { Failed: { Key, Code: error.code, Message: error.message } };
    }
  });
  const both = { Deleted: answers.map(({ Deleted }) => Deleted), Error: answers.map(({ Failed }) => Failed) };
  return { body: toXml('DeleteResult', both) };
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
