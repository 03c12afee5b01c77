/** Uploads in parts, as the AWS CLI sends larger files. A stop forgets them. */
import { createHash, randomUUID } from 'node:crypto';
import {
  type Algorithm,
  type Checksum,
  checksumFields,
  checksumHeaders,
  readAlgorithm,
  receive,
  sumOf,
} from './body.ts';
import { readRange } from './conditions.ts';
import { S3Error } from './error.ts';
import { OWNER } from './listing.ts';
import { describeCopy, findSource, keptHeaders } from './objects.ts';
import { readNumber, type S3Answer, type S3Request } from './request.ts';
import type { Part, Upload } from './stored.ts';
import { elements, textOf, toXml } from './xml.ts';

const MOST_PARTS = 10_000;
const MOST_LISTED = 1000;
const LEAST_PART_BYTES = 5 * 1024 * 1024;

/** CreateMultipartUpload. */
export function createUpload({ store, bucket, key, headers }: S3Request): S3Answer {
  store.checkBucket(bucket);
  const algorithm = readAlgorithm(headers['x-amz-checksum-algorithm']);
  const type = readType(headers['x-amz-checksum-type'], algorithm);
  const UploadId = randomUUID();
  store.uploads.set(UploadId, {
    bucket,
    key,
    headers: keptHeaders(headers),
    algorithm,
    type,
    parts: new Map(),
  });
  return {
    ...(algorithm && { headers: { 'x-amz-checksum-algorithm': algorithm, 'x-amz-checksum-type': type } }),
    body: toXml('InitiateMultipartUploadResult', { Bucket: bucket, Key: key, UploadId }),
  };
}

/** UploadPart. */
export async function uploadPart(request: S3Request): Promise<S3Answer> {
  const { bytes, checksum } = await receive(request.headers, request.body, findUpload(request).algorithm);
  const { etag } = keepPart(request, [bytes], checksum);
  return { headers: { etag: `"${etag}"`, ...checksumHeaders(checksum) } };
}

/** UploadPartCopy. */
export async function uploadPartCopy(request: S3Request): Promise<S3Answer> {
  const { store, headers } = request;
  const { algorithm } = findUpload(request);
  const { from, source } = findSource(request);
  const range = readRange(headers['x-amz-copy-source-range'], source.bytes);
  const checksum = algorithm && (await sumOf(algorithm, store.read(from, source, range)));
  const part = keepPart(request, store.read(from, source, range), checksum);
  return { body: toXml('CopyPartResult', describeCopy(part)) };
}

function keepPart(request: S3Request, chunks: Iterable<Buffer>, checksum: Checksum | undefined): Part {
  const { store, bucket } = request;
  const number = readNumber(request, 'partNumber', Number.MAX_SAFE_INTEGER, 0);
  if (number < 1 || number > MOST_PARTS) {
    const why = `Part number must be an integer between 1 and ${MOST_PARTS}, inclusive`;
    throw new S3Error('InvalidArgument', why);
  }
  const { parts } = findUpload(request);
  const part = { ...store.stage(bucket, chunks), modified: Date.now(), checksum };
  const replaced = parts.get(number);
  if (replaced) store.discard(bucket, replaced);
  parts.set(number, part);
  return part;
}

/** CompleteMultipartUpload. */
export async function completeUpload(request: S3Request): Promise<S3Answer> {
  const { store, bucket, key, headers } = request;
  const xml = (await receive({}, request.body)).bytes.toString();
  const upload = findUpload(request);
  const { algorithm } = upload;
  const isWhole = upload.type === 'FULL_OBJECT';
  const parts = chooseParts(upload, elements(xml, 'Part'));
  function* join(): Generator<Buffer> {
    for (const part of parts) yield* store.read(bucket, part);
  }
  const checksum = algorithm && (await (isWhole ? sumOf(algorithm, join()) : compose(algorithm, parts)));
  const given = headers[`x-amz-checksum-${algorithm?.toLowerCase()}`];
  if (isWhole && (given ?? checksum?.value) !== checksum?.value) throw new S3Error('BadDigest');
  findUpload(request); // neither completed nor aborted meanwhile

  const md5s = parts.map((part) => Buffer.from(part.etag, 'hex'));
  const etag = `${createHash('md5').update(Buffer.concat(md5s)).digest('hex')}-${parts.length}`;
  const object = { kind: 'CompleteMultipartUpload', key, headers: upload.headers, etag, checksum } as const;
  store.write(bucket, object, join(), headers);
  abortUpload(request);
  const Location = `http://${headers.host}/${bucket}/${encodeURIComponent(key)}`;
  const result = { Location, Bucket: bucket, Key: key, ETag: `"${etag}"`, ...checksumFields(checksum) };
  return { body: toXml('CompleteMultipartUploadResult', result) };
}

/** AbortMultipartUpload. */
export function abortUpload(request: S3Request): S3Answer {
  const { store, bucket, query } = request;
  for (const part of findUpload(request).parts.values()) store.discard(bucket, part);
  store.uploads.delete(query.get('uploadId') ?? '');
  return { status: 204 };
}

/** ListParts. */
export function listParts(request: S3Request): S3Answer {
  const { bucket, key, algorithm, type, parts } = findUpload(request);
  const marker = readNumber(request, 'part-number-marker', MOST_PARTS, 0);
  const maxParts = readNumber(request, 'max-parts', MOST_LISTED);
  const after = [...parts].filter(([number]) => number > marker).sort(([a], [b]) => a - b);
  const page = after.slice(0, maxParts);
  const result = {
    Bucket: bucket,
    Key: key,
    UploadId: request.query.get('uploadId') ?? '',
    Initiator: OWNER,
    Owner: OWNER,
    StorageClass: 'STANDARD',
    PartNumberMarker: marker,
    NextPartNumberMarker: page.at(-1)?.[0],
    MaxParts: maxParts,
    IsTruncated: page.length < after.length,
    ChecksumAlgorithm: algorithm,
    ChecksumType: algorithm && type,
    Part: page.map(([PartNumber, part]) => ({ PartNumber, Size: part.bytes, ...describeCopy(part) })),
  };
  return { body: toXml('ListPartsResult', result) };
}

function findUpload({ store, bucket, key, query }: S3Request): Upload {
  const upload = store.uploads.get(query.get('uploadId') ?? '');
  if (upload?.bucket !== bucket || upload.key !== key) throw new S3Error('NoSuchUpload');
  return upload;
}

function readType(given: string | undefined, algorithm: Algorithm | undefined): Checksum['type'] {
  const type = given ?? (algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE');
  if (type === 'FULL_OBJECT' ? algorithm?.startsWith('CRC') : algorithm !== 'CRC64NVME')
    return type as Checksum['type'];
  const why = `The ${type} checksum type cannot be used with the ${algorithm} checksum algorithm.`;
  throw new S3Error('InvalidRequest', why);
}

/** The parts that a request to complete names, as they were uploaded. */
function chooseParts({ parts }: Upload, named: string[]): Part[] {
  if (named.length === 0) throw new S3Error('MalformedXML');
  const numbers = named.map((xml) => Number(textOf(xml, 'PartNumber')));
  if (numbers.some((number, index) => index > 0 && !(number > numbers[index - 1]!)))
    throw new S3Error('InvalidPartOrder');
  return named.map((xml, index) => {
    const part = parts.get(numbers[index]!);
    const etag = textOf(xml, 'ETag')?.replace(/"/g, '');
    const sum = textOf(xml, `Checksum${part?.checksum?.algorithm}`) ?? part?.checksum?.value;
    const detail = { PartNumber: numbers[index]!, ETag: etag ?? '' };
    if (part?.etag !== etag || !part || part.checksum?.value !== sum)
      throw new S3Error('InvalidPart', undefined, detail);
    if (index === named.length - 1 || part.bytes >= LEAST_PART_BYTES) return part;
    const sizes = { ProposedSize: part.bytes, MinSizeAllowed: LEAST_PART_BYTES };
    throw new S3Error('EntityTooSmall', undefined, { ...detail, ...sizes });
  });
}

/** The checksum of the parts' checksums. */
async function compose(algorithm: Algorithm, parts: Part[]): Promise<Checksum> {
  const sums = parts.map(({ checksum }) => Buffer.from(checksum?.value ?? '', 'base64'));
  const { value } = await sumOf(algorithm, sums);
  return { algorithm, type: 'COMPOSITE', value: `${value}-${parts.length}` };
}
