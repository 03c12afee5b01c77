/**
 * S3's answers to the commands that Verger sends, errors as its SDK throws them.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html
 */
import { createHash } from 'node:crypto';
import {
  DeleteObjectsCommand,
  type DeleteObjectsCommandInput,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  NoSuchBucket,
  NoSuchKey,
  NotFound,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import type { Bucket, ObjectVersion } from './bucket.ts';
import type { Command, Invocation } from './invocation.ts';

export interface S3Options {
  buckets: Record<string, Bucket>;
  /** Most keys of a page; S3 may give fewer than asked for. */
  pageKeys: number;
  /** Whether another write to the same key comes in between. */
  isConflict: (asker: Invocation) => boolean;
  /** An object was written. */
  onWrite?: (key: string, body: Uint8Array) => void;
  /** An object is about to be removed. */
  onRemove?: (key: string) => void;
}

/** @throws S3ServiceException */
export function answerS3(options: S3Options, command: Command, asker: Invocation): object {
  const { Bucket: name = '' } = command.input as { Bucket?: string };
  const bucket = options.buckets[name];
  if (command instanceof HeadObjectCommand) return head(bucket, command.input);
  if (command instanceof HeadBucketCommand && !bucket) throw notFound();
  if (!bucket) {
    throw new NoSuchBucket({ message: 'The specified bucket does not exist', $metadata: status(404) });
  }
  if (command instanceof HeadBucketCommand) return { $metadata: status(200) };
  if (command instanceof GetObjectCommand) return get(bucket, command.input);
  if (command instanceof ListObjectsV2Command) return list(bucket, options.pageKeys, command.input);
  if (command instanceof PutObjectCommand) return put(options, bucket, command.input, asker);
  if (command instanceof DeleteObjectsCommand) return remove(options, bucket, command.input);
  throw new Error(`${command.constructor.name} is not modelled`);
}

/** A command in a few words, for a trace. */
export function describeS3(command: Command): string {
  const { Bucket, Key, Prefix, IfMatch, IfNoneMatch } = command.input as PutObjectCommandInput &
    ListObjectsV2CommandInput;
  const condition = `${IfMatch ? ` if ${IfMatch.slice(0, 7)}…"` : ''}${IfNoneMatch ? ' if there is none' : ''}`;
  return `${command.constructor.name.replace('Command', '')} ${Key ?? Prefix ?? Bucket}${condition}`;
}

interface Read {
  Key?: string | undefined;
  IfMatch?: string | undefined;
  ChecksumMode?: string | undefined;
}

function get(bucket: Bucket, { Key = '', IfMatch }: Read) {
  const object = bucket.current(Key);
  if (!object) throw new NoSuchKey({ message: 'The specified key does not exist.', $metadata: status(404) });
  if (IfMatch !== undefined && !isNamed(object, IfMatch)) throw preconditionFailed();
  if (object.hidden === 'archived') {
    throw s3Error('InvalidObjectState', 403, "The operation is not valid for the object's storage class");
  }
  if (object.hidden) {
    const denied = 'is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:eu-west-1:1:key/1';
    throw s3Error('AccessDenied', 403, `User: arn:aws:sts::1:assumed-role/featurize ${denied}`);
  }
  return { ...properties(object), Body: new Body(object.body), $metadata: status(200) };
}

/** The answer to HEAD has no body: a missing key and a missing bucket look the same. */
function head(bucket: Bucket | undefined, { Key = '', IfMatch, ChecksumMode }: Read) {
  const object = bucket?.current(Key);
  if (!object) throw notFound();
  if (object.hidden === 'key denied') throw s3Error('403', 403, 'UnknownError');
  if (IfMatch !== undefined && !isNamed(object, IfMatch)) throw preconditionFailed();
  const ChecksumSHA256 = createHash('sha256').update(object.body).digest('base64');
  return { ...properties(object), ...(ChecksumMode && { ChecksumSHA256 }), $metadata: status(200) };
}

function list(bucket: Bucket, pageKeys: number, input: ListObjectsV2CommandInput) {
  const { Prefix = '', StartAfter = '', Delimiter, ContinuationToken, MaxKeys = 1000 } = input;
  const below = bucket.keys().filter((key) => key.startsWith(Prefix));
  if (Delimiter) {
    const cut = below.map((key) => key.slice(0, key.indexOf(Delimiter, Prefix.length) + 1));
    const folders = [...new Set(cut)].filter((folder) => folder !== '');
    return { CommonPrefixes: folders.map((folder) => ({ Prefix: folder })), $metadata: status(200) };
  }
  const after = ContinuationToken ?? StartAfter;
  const keys = below.filter((key) => key > after);
  const page = keys.slice(0, Math.min(pageKeys, MaxKeys));
  const isTruncated = keys.length > page.length;
  const contents = page.map((Key) => {
    const object = bucket.current(Key);
    const { ETag, LastModified } = object ? properties(object) : {};
    return { Key, ETag, LastModified, Size: object?.body.byteLength };
  });
  return {
    ...(contents.length > 0 && { Contents: contents }),
    KeyCount: contents.length,
    IsTruncated: isTruncated,
    ...(isTruncated && { NextContinuationToken: page.at(-1) }),
    $metadata: status(200),
  };
}

function put(
  { isConflict, onWrite }: S3Options,
  bucket: Bucket,
  input: PutObjectCommandInput,
  asker: Invocation,
) {
  const { Key = '', Body: body, IfMatch, IfNoneMatch, ChecksumSHA256 } = input;
  const present = bucket.current(Key);
  if (IfMatch !== undefined && !present) {
    throw new NoSuchKey({ message: 'The specified key does not exist.', $metadata: status(404) });
  }
  if (IfMatch !== undefined && present && !isNamed(present, IfMatch)) throw preconditionFailed();
  if (IfNoneMatch !== undefined && present) throw preconditionFailed();
  if ((IfMatch ?? IfNoneMatch) !== undefined && isConflict(asker)) {
    throw s3Error('ConditionalRequestConflict', 409, 'A conflicting operation occurred');
  }
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  if (!(bytes instanceof Uint8Array)) throw new Error('only bytes and text are modelled as a body');
  const sha256 = createHash('sha256').update(bytes).digest('base64');
  if (ChecksumSHA256 !== undefined && ChecksumSHA256 !== sha256)
    throw s3Error('BadDigest', 400, 'another SHA-256');
  const { etag } = bucket.put(Key, bytes);
  onWrite?.(Key, bytes);
  return { ETag: `"${etag}"`, $metadata: status(200) };
}

function remove({ onRemove }: S3Options, bucket: Bucket, { Delete }: DeleteObjectsCommandInput) {
  for (const { Key = '' } of Delete?.Objects ?? []) {
    onRemove?.(Key);
    bucket.delete(Key);
  }
  return { $metadata: status(200) };
}

function properties({ etag, lastModified, body }: ObjectVersion) {
  return { ETag: `"${etag}"`, LastModified: new Date(lastModified), ContentLength: body.byteLength };
}

/** What the SDK makes of a body in Node, as far as Verger uses it. */
class Body {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  async transformToByteArray(): Promise<Uint8Array> {
    return this.#bytes;
  }

  async transformToString(): Promise<string> {
    return new TextDecoder().decode(this.#bytes);
  }

  destroy(): void {}
}

function isNamed({ etag }: ObjectVersion, condition: string): boolean {
  return condition === '*' || condition.replaceAll('"', '') === etag;
}

function notFound(): NotFound {
  return new NotFound({ message: 'NotFound', $metadata: status(404) });
}

function preconditionFailed(): S3ServiceException {
  const message = 'At least one of the pre-conditions you specified did not hold';
  return s3Error('PreconditionFailed', 412, message);
}

function s3Error(name: string, httpStatusCode: number, message: string): S3ServiceException {
  return new S3ServiceException({ name, message, $fault: 'client', $metadata: status(httpStatusCode) });
}

function status(httpStatusCode: number) {
  return { httpStatusCode };
}
