/**
 * The body of an upload: framing removed, checksums verified.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 */
import { createHash } from 'node:crypto';
import { Crc32, Crc32c, Crc64Nvme } from '@aws-sdk/checksums/crc';
import { S3Error } from './error.ts';
import type { XmlFields } from './xml.ts';

export type Headers = Record<string, string | undefined>;

const ALGORITHMS = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

/** What S3 keeps beside an object. */
export interface Checksum {
  algorithm: Algorithm;
  /** Base64; of a composite one, the checksum of the parts' checksums, then `-` and their number. */
  value: string;
  type: 'FULL_OBJECT' | 'COMPOSITE';
}

/** A body is held in memory; what is larger comes in parts. */
export const MOST_BYTES = 1024 * 1024 * 1024;

/**
 * Receives an upload.
 *
 * @param wanted algorithm of the checksum to compute where the client sends none
 * @returns its bytes, and the checksum if one was sent or wanted
 * @throws S3Error where a header or a sum is wrong, or bytes are missing
 */
export async function receive(
  headers: Headers,
  body: AsyncIterable<Buffer> | Iterable<Buffer>,
  wanted?: Algorithm,
): Promise<{ bytes: Buffer; checksum: Checksum | undefined }> {
  const tooLarge = new S3Error('EntityTooLarge', undefined, { MaxSizeAllowed: MOST_BYTES });
  if (Number(headers['content-length']) > MOST_BYTES) throw tooLarge;
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MOST_BYTES) throw tooLarge;
  }
  const isFramed = headers['x-amz-content-sha256']?.startsWith('STREAMING-');
  const sent = Buffer.concat(chunks);
  const { bytes, trailers } = isFramed ? unframe(sent) : { bytes: sent, trailers: {} };
  if (isFramed && Number(headers['x-amz-decoded-content-length'] ?? bytes.length) !== bytes.length)
    throw new S3Error('IncompleteBody');
  return { bytes, checksum: await verify(bytes, headers, wanted, trailers) };
}

/**
 * Removes the framing: `<hex length>[;chunk-signature=…]CRLF <bytes> CRLF` …, a chunk of length 0, then trailers.
 * Signatures are not checked.
 */
function unframe(body: Buffer): { bytes: Buffer; trailers: Headers } {
  let at = 0;
  function readLine(): string {
    const start = at;
    const end = body.indexOf('\r\n', start);
    if (end < 0) throw new S3Error('IncompleteBody');
    at = end + 2;
    return body.toString('latin1', start, end);
  }
  const chunks: Buffer[] = [];
  for (;;) {
    const [, length] = /^([0-9a-f]{1,8})(?:;.*)?$/i.exec(readLine()) ?? [];
    if (length === undefined) throw new S3Error('IncompleteBody');
    const start = at;
    at += Number.parseInt(length, 16);
    if (at === start) break;
    chunks.push(body.subarray(start, at));
    if (readLine() !== '') throw new S3Error('IncompleteBody');
  }
  const trailers: Headers = {};
  while (at < body.length) {
    const [, name = '', value = ''] = /^([^:]+):\s*(.*?)\s*$/.exec(readLine()) ?? [];
    trailers[name.toLowerCase()] = value;
  }
  return { bytes: Buffer.concat(chunks), trailers };
}

/** Holds bytes to what their headers, and trailers behind them, say. @returns as `receive` */
async function verify(
  bytes: Buffer,
  headers: Headers,
  wanted: Algorithm | undefined,
  trailers: Headers,
): Promise<Checksum | undefined> {
  const { 'content-md5': md5, 'x-amz-content-sha256': sha256 = '' } = headers;
  if (md5 !== undefined && Buffer.from(md5, 'base64').length !== 16) throw new S3Error('InvalidDigest');
  if (md5 !== undefined && createHash('md5').update(bytes).digest('base64') !== md5)
    throw new S3Error('BadDigest', 'The Content-MD5 you specified did not match what we received.');
  const isSigned = /^[0-9a-f]{64}$/i.test(sha256);
  if (isSigned && createHash('sha256').update(bytes).digest('hex') !== sha256.toLowerCase())
    throw new S3Error('XAmzContentSHA256Mismatch');

  const sent = findChecksum(headers);
  const algorithm = sent ?? wanted;
  if (!algorithm) return undefined;
  const checksum = await sumOf(algorithm, [bytes]);
  const name = `x-amz-checksum-${algorithm.toLowerCase()}`;
  const expected = headers[name] ?? trailers[name];
  if (sent && expected === undefined) throw new S3Error('MalformedTrailerError');
  if ((expected ?? checksum.value) === checksum.value) return checksum;
  throw new S3Error('BadDigest', `The ${algorithm} you specified did not match the calculated checksum.`);
}

/** Sums bytes up. */
export async function sumOf(algorithm: Algorithm, chunks: Iterable<Buffer>): Promise<Checksum> {
  const crc = { CRC32: Crc32, CRC32C: Crc32c, CRC64NVME: Crc64Nvme, SHA1: undefined, SHA256: undefined };
  const Crc = crc[algorithm];
  const digest = Crc ? new Crc() : createHash(algorithm);
  for (const chunk of chunks) digest.update(chunk);
  const value = Buffer.from(await digest.digest()).toString('base64');
  return { algorithm, value, type: 'FULL_OBJECT' };
}

/** Which checksum comes with an upload, in a header or behind the body. */
function findChecksum(headers: Headers): Algorithm | undefined {
  const trailers = headers['x-amz-trailer']?.toLowerCase().split(/\s*,\s*/) ?? [];
  const sent = [...Object.keys(headers), ...trailers].flatMap(
    (name) => /^x-amz-checksum-(?!type$|algorithm$|mode$)(.+)/.exec(name)?.[1] ?? [],
  );
  if (sent.length > 1) throw new S3Error('InvalidRequest', 'Expecting a single x-amz-checksum- header');
  const algorithm = readAlgorithm(sent[0]);
  const value = headers[`x-amz-checksum-${sent[0]}`];
  if (value !== undefined && !/^[\w+/]+={0,2}$/.test(value)) {
    throw new S3Error('InvalidRequest', `Value for x-amz-checksum-${sent[0]} header is invalid.`);
  }
  return algorithm;
}

/** @throws S3Error `NotImplemented` where the algorithm is not offered */
export function readAlgorithm(name: string | undefined): Algorithm | undefined {
  if (name === undefined) return undefined;
  const algorithm = ALGORITHMS.find((known) => known === name.toUpperCase());
  if (!algorithm)
    throw new S3Error('NotImplemented', `The checksum ${name} is none of ${ALGORITHMS.join(', ')}`);
  return algorithm;
}

/** As headers show it. */
export function checksumHeaders(checksum: Checksum | undefined): Record<string, string> {
  if (!checksum) return {};
  return {
    [`x-amz-checksum-${checksum.algorithm.toLowerCase()}`]: checksum.value,
    'x-amz-checksum-type': checksum.type,
  };
}

/** As XML shows it. */
export function checksumFields(checksum: Checksum | undefined): XmlFields {
  return checksum ? { [`Checksum${checksum.algorithm}`]: checksum.value, ChecksumType: checksum.type } : {};
}
