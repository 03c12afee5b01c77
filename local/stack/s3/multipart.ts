/** Uploads in parts, as the AWS CLI sends larger files. A stop forgets them. */
import { createHash, randomUUID } from 'node:crypto';
import type { Headers } from './body.ts';
import { readText, receive } from './body.ts';
import {
  type Algorithm,
  type Checksum,
  checksumFields,
  checksumHeaders,
  createDigest,
  readAlgorithm,
} from './checksum.ts';
import { checkWrite } from './conditions.ts';
import { S3Error } from './error.ts';
import { OWNER } from './listing.ts';
import type { Staged } from './object-store.ts';
import { describeCopy, keptHeaders, openSource } from './objects.ts';
import { type Operation, readNumber, type S3Answer, type S3Request } from './request.ts';
import { elements, textOf, toXml } from './xml.ts';

interface Upload {
  bucket: string;
  key: string;
  headers: Record<string, string>;
  algorithm: Algorithm | undefined;
  type: Checksum['type'];
  parts: Map<number, Part>;
}

interface Part extends Staged {
  modified: number;
  checksum: Checksum | undefined;
}

const MOST_PARTS = 10_000;
const MOST_LISTED = 1000;
const LEAST_PART_BYTES = 5 * 1024 * 1024;

/** The operations of uploads in parts, which share what is under way. */
export function createMultipart() {
  const uploads = new Map<string, Upload>();

  function find({ bucket, key, query }: S3Request): Upload {
    const upload = uploads.get(query.get('uploadId') ?? '');
    if (upload?.bucket !== bucket || upload.key !== key) throw new S3Error('NoSuchUpload');
    return upload;
  }

  function end({ store, bucket, query }: S3Request, { parts }: Upload): void {
    uploads.delete(query.get('uploadId') ?? '');
    for (const part of parts.values()) store.discard(bucket, part);
  }

  function createUpload({ store, bucket, key, headers }: S3Request): S3Answer {
    store.keys(bucket);
    const algorithm = readAlgorithm(headers['x-amz-checksum-algorithm']);
    const type = readType(headers['x-amz-checksum-type'], algorithm);
    const UploadId = randomUUID();
    uploads.set(UploadId, { bucket, key, headers: keptHeaders(headers), algorithm, type, parts: new Map() });
    return {
      ...(algorithm && { headers: { 'x-amz-checksum-algorithm': algorithm, 'x-amz-checksum-type': type } }),
      body: toXml('InitiateMultipartUploadResult', { Bucket: bucket, Key: key, UploadId }),
    };
  }

  async function keepPart(request: S3Request, headers: Headers, body: AsyncIterable<Buffer>): Promise<Part> {
    const { store, bucket } = request;
    const number = readNumber(request, 'partNumber', Number.MAX_SAFE_INTEGER, 0);
    if (number < 1 || number > MOST_PARTS) {
      throw new S3Error(
        'InvalidArgument',
        `Part number must be an integer between 1 and ${MOST_PARTS}, inclusive`,
      );
    }
    const upload = find(request);
    const { content, checksum } = receive(headers, body, upload.algorithm);
    const part = { ...(await store.stage(bucket, content)), modified: Date.now(), checksum: checksum() };
    const replaced = upload.parts.get(number);
    upload.parts.set(number, part);
    if (replaced) store.discard(bucket, replaced);
    if (![...uploads.values()].includes(upload)) store.discard(bucket, part); // aborted meanwhile
    return part;
  }

  async function uploadPart(request: S3Request): Promise<S3Answer> {
    const { etag, checksum } = await keepPart(request, request.headers, request.body);
    return { headers: { etag: `"${etag}"`, ...checksumHeaders(checksum) } };
  }

  async function uploadPartCopy(request: S3Request): Promise<S3Answer> {
    const part = await keepPart(request, {}, openSource(request).body);
    return { body: toXml('CopyPartResult', describeCopy(part)) };
  }

  async function completeUpload(request: S3Request): Promise<S3Answer> {
    const { store, bucket, key, headers } = request;
    const xml = await readText({}, request.body);
    const upload = find(request);
    const { algorithm, type } = upload;
    const parts = chooseParts(upload, elements(xml, 'Part'));
    const isWhole = type === 'FULL_OBJECT';

    async function* join(): AsyncGenerator<Buffer> {
      for (const part of parts) {
        const content = store.read(bucket, part);
        if (Buffer.isBuffer(content)) yield content;
        else yield* content as AsyncIterable<Buffer>;
      }
    }
    const sums = Object.entries(headers).filter(([name]) => isWhole && name.startsWith('x-amz-checksum-'));
    const received = receive(Object.fromEntries(sums), join(), isWhole ? algorithm : undefined);
    const md5s = parts.map((part) => Buffer.from(part.etag, 'hex'));
    const etag = `${createHash('md5').update(Buffer.concat(md5s)).digest('hex')}-${parts.length}`;
    const composed = isWhole || !algorithm ? undefined : await compose(algorithm, parts);
    const object = { kind: 'CompleteMultipartUpload', key, headers: upload.headers, etag } as const;
    const whole = { content: received.content, checksum: () => composed ?? received.checksum() };
    const { checksum } = await store.write(bucket, object, whole, (present) =>
      checkWrite(headers, key, present),
    );
    end(request, upload);
    const Location = `http://${headers.host}/${bucket}/${encodeURIComponent(key)}`;
    const result = { Location, Bucket: bucket, Key: key, ETag: `"${etag}"`, ...checksumFields(checksum) };
    return { body: toXml('CompleteMultipartUploadResult', result) };
  }

  function abortUpload(request: S3Request): S3Answer {
    end(request, find(request));
    return { status: 204 };
  }

  function listParts(request: S3Request): S3Answer {
    const { bucket, key, algorithm, type, parts } = find(request);
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

  return {
    createUpload,
    uploadPart,
    uploadPartCopy,
    completeUpload,
    abortUpload,
    listParts,
  } satisfies Record<string, Operation>;
}

function readType(given: string | undefined, algorithm: Algorithm | undefined): Checksum['type'] {
  const type = given ?? (algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE');
  if (type === 'FULL_OBJECT' ? algorithm?.startsWith('CRC') : algorithm !== 'CRC64NVME')
    return type as Checksum['type'];
  throw new S3Error(
    'InvalidRequest',
    `The ${type} checksum type cannot be used with the ${algorithm} checksum algorithm.`,
  );
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
    throw new S3Error('EntityTooSmall', undefined, {
      ...detail,
      ProposedSize: part.bytes,
      MinSizeAllowed: LEAST_PART_BYTES,
    });
  });
}

/** The checksum of the parts' checksums. */
async function compose(algorithm: Algorithm, parts: Part[]): Promise<Checksum> {
  const digest = createDigest(algorithm);
  for (const { checksum } of parts) digest.update(Buffer.from(checksum?.value ?? '', 'base64'));
  const value = Buffer.from(await digest.digest()).toString('base64');
  return { algorithm, type: 'COMPOSITE', value: `${value}-${parts.length}` };
}
