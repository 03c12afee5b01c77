/**
 * The local S3: objects in folders on this disk, answered as S3 answers.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { S3Error } from './error.ts';
import { postObject } from './form.ts';
import { listObjects, OWNER } from './listing.ts';
import * as multipart from './multipart.ts';
import type { ObjectStore } from './object-store.ts';
import { copyObject, deleteObject, deleteObjects, getObject, putObject } from './objects.ts';
import { type Operation, parseRequest, type S3Answer, type S3Request } from './request.ts';
import { toXml } from './xml.ts';

/** Builds the server; it is not listening yet. @param region where all buckets are said to be */
export function createS3Server(store: ObjectStore, region: string): Server {
  return createServer({ maxHeaderSize: MOST_HEADER_BYTES }, async (request, response) => {
    try {
      const parsed = parseRequest(request, store, region);
      await send(request, response, await chooseOperation(parsed)(parsed));
    } catch (error) {
      if (response.headersSent || request.socket.destroyed) return void response.destroy(); // the client hung up
      await send(request, response, describeError(error, request)).catch(() => response.destroy());
    }
  });
}

/** A key of 1,024 bytes takes three times that in an address. */
const MOST_HEADER_BYTES = 64 * 1024;

/** By method, what it is about, and the parameter or header that chooses among several. */
const OPERATIONS: Record<string, Operation> = {
  'GET service': ({ store }) => {
    const Bucket = store
      .buckets()
      .map(({ name, created }) => ({ Name: name, CreationDate: new Date(created).toISOString() }));
    return { body: toXml('ListAllMyBucketsResult', { Owner: OWNER, Buckets: { Bucket } }) };
  },
  'PUT bucket': ({ store, bucket }) => {
    if (!store.createBucket(bucket)) throw new S3Error('BucketAlreadyOwnedByYou');
    return { headers: { location: `/${bucket}` } };
  },
  'HEAD bucket': ({ store, bucket, region }) => {
    store.checkBucket(bucket);
    return { headers: { 'x-amz-bucket-region': region } };
  },
  'DELETE bucket': ({ store, bucket }) => {
    store.deleteBucket(bucket);
    return { status: 204 };
  },
  'GET bucket location': ({ store, bucket, region }) => {
    store.checkBucket(bucket);
    return { body: toXml('LocationConstraint', {}).replace('></', `>${region}</`) };
  },
  'GET bucket': listObjects,
  'GET bucket list-type': listObjects,
  'POST bucket': postObject,
  'POST bucket delete': deleteObjects,
  'GET object': getObject,
  'HEAD object': getObject,
  'PUT object': putObject,
  'PUT object copy': copyObject,
  'DELETE object': deleteObject,
  'POST object uploads': multipart.createUpload,
  'PUT object uploadId': multipart.uploadPart,
  'PUT object uploadId copy': multipart.uploadPartCopy,
  'POST object uploadId': multipart.completeUpload,
  'DELETE object uploadId': multipart.abortUpload,
  'GET object uploadId': multipart.listParts,
};

/** Parameters that choose an operation, offered here or not. */
const CHOOSERS =
  /^(accelerate|acl|analytics|attributes|cors|delete|encryption|intelligent-tiering|inventory|legal-hold|lifecycle|list-type|location|logging|metadata\w+|metrics|notification|object-lock|ownershipControls|policy|policyStatus|publicAccessBlock|renameObject|replication|requestPayment|restore|retention|select|session|tagging|torrent|uploadId|uploads|versionId|versioning|versions|website)$/;

/** Headers that ask for what is not offered, except with a value that holds anyway. */
const ASKING =
  /^x-amz-(acl|grant-.+|object-lock-.+|server-side-encryption.*|storage-class|tagging|website-.+|write-offset-.+)$/;
const FULFILLED = ['private', 'bucket-owner-full-control', 'STANDARD', 'AES256'];

function chooseOperation({ method, bucket, key, query, headers }: S3Request): Operation {
  const asking = Object.keys(headers).find(
    (name) => ASKING.test(name) && !FULFILLED.includes(headers[name] ?? ''),
  );
  const chooser = [...query.keys()].find((name) => CHOOSERS.test(name));
  const about = key ? 'object' : bucket ? 'bucket' : 'service';
  const copy = method === 'PUT' && headers['x-amz-copy-source'] !== undefined && 'copy';
  const operation = OPERATIONS[[method, about, chooser, copy].filter(Boolean).join(' ')];
  if (operation && !asking) return operation;
  const missing = asking ?? chooser;
  throw missing
    ? new S3Error('NotImplemented', `The local S3 does not offer ${missing}`)
    : new S3Error('MethodNotAllowed');
}

function describeError(error: unknown, { url = '' }: IncomingMessage): S3Answer {
  if (!(error instanceof S3Error)) console.error('local S3:', error);
  // A full disk is to be told from a fault, by somebody who reads no log.
  const { code, message, detail, headers, status } =
    error instanceof S3Error
      ? error
      : new S3Error('InternalError', `The local S3: ${(error as Error).message}`);
  const body = toXml('Error', { Code: code, Message: message, ...detail, Resource: url.split('?')[0] }, '');
  return { status, headers, ...(status !== 304 && { body }) };
}

async function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status = 200, headers = {}, body = '' }: S3Answer,
): Promise<void> {
  response.statusCode = status;
  response.setHeader('x-amz-request-id', randomUUID());
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined) response.setHeader(name, value);
  if (body instanceof Readable) return pipeline(body, response);
  if (body && typeof body === 'string') response.setHeader('content-type', 'application/xml');
  if (status !== 204 && status !== 304 && !response.hasHeader('content-length'))
    response.setHeader('content-length', Buffer.byteLength(body));
  response.end(request.method === 'HEAD' ? undefined : body);
  request.resume(); // the rest of an upload that was refused
}
