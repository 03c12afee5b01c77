/**
 * The body of an upload: framing removed, checksums verified.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 */
import { createHash } from 'node:crypto';
import { type Algorithm, type Checksum, createDigest, type Digest, readAlgorithm } from './checksum.ts';
import { S3Error } from './error.ts';

export type Headers = Record<string, string | undefined>;

export interface Received {
  /** @throws S3Error at its end where a sum is wrong or bytes are missing */
  content: AsyncIterable<Buffer>;
  /** Of the content, once it is read; undefined where none was sent or wanted. */
  checksum(): Checksum | undefined;
}

/**
 * Receives an upload.
 *
 * @param wanted algorithm of the checksum to compute where the client sends none
 * @throws S3Error where the headers are wrong in themselves
 */
export function receive(headers: Headers, body: AsyncIterable<Buffer>, wanted?: Algorithm): Received {
  const sha256 = headers['x-amz-content-sha256'] ?? '';
  const isFramed = sha256.startsWith('STREAMING-');
  const trailers: Headers = {};
  const sent = findChecksum(headers);
  const algorithm = sent ?? wanted;
  const name = `x-amz-checksum-${algorithm?.toLowerCase()}`;
  let checksum: Checksum | undefined;

  const sums: Sum[] = [];
  const md5 = headers['content-md5'];
  if (md5 !== undefined) {
    if (Buffer.from(md5, 'base64').length !== 16) throw new S3Error('InvalidDigest');
    const wrong = new S3Error('BadDigest', 'The Content-MD5 you specified did not match what we received.');
    sums.push({ digest: createHash('md5'), expected: () => md5, wrong });
  }
  if (/^[0-9a-f]{64}$/i.test(sha256)) {
    const expected = Buffer.from(sha256, 'hex').toString('base64');
    sums.push({
      digest: createHash('sha256'),
      expected: () => expected,
      wrong: new S3Error('XAmzContentSHA256Mismatch'),
    });
  }
  if (algorithm !== undefined) {
    const wrong = new S3Error(
      'BadDigest',
      `The ${algorithm} you specified did not match the calculated checksum.`,
    );
    sums.push({ digest: createDigest(algorithm), expected: () => headers[name] ?? trailers[name], wrong });
  }

  async function* content(): AsyncGenerator<Buffer> {
    let length = 0;
    for await (const bytes of isFramed ? unframe(body, trailers) : body) {
      for (const { digest } of sums) digest.update(bytes);
      length += bytes.length;
      yield bytes;
    }
    if (isFramed && Number(headers['x-amz-decoded-content-length'] ?? length) !== length)
      throw new S3Error('IncompleteBody');
    if (sent && headers[name] === undefined && trailers[name] === undefined)
      throw new S3Error('MalformedTrailerError');
    let value = '';
    for (const { digest, expected, wrong } of sums) {
      value = Buffer.from(await digest.digest()).toString('base64');
      if ((expected() ?? value) !== value) throw wrong;
    }
    checksum = algorithm && { algorithm, value, type: 'FULL_OBJECT' }; // it is the last of the sums
  }
  return { content: content(), checksum: () => checksum };
}

/** The whole body of a request that is XML, its checksums verified. */
export async function readText(headers: Headers, body: AsyncIterable<Buffer>): Promise<string> {
  return (await collect(receive(headers, body).content, MOST_XML_BYTES)).toString();
}

/** All bytes. @throws S3Error `EntityTooLarge` */
export async function collect(body: AsyncIterable<Buffer>, most: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > most) throw new S3Error('EntityTooLarge', undefined, { MaxSizeAllowed: most });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Bytes as a stream would bring them. */
export async function* toIterable(...chunks: Buffer[]): AsyncGenerator<Buffer> {
  yield* chunks;
}

interface Sum {
  digest: Digest;
  /** In base64, once the body is read; undefined: any. */
  expected(): string | undefined;
  wrong: S3Error;
}

const MOST_XML_BYTES = 8 * 1024 * 1024;
const LONGEST_LINE = 16 * 1024;

/** Which checksum comes with an upload, in a header or behind the body. */
function findChecksum(headers: Headers): Algorithm | undefined {
  const names = [
    ...Object.keys(headers),
    ...(headers['x-amz-trailer']?.toLowerCase().split(/\s*,\s*/) ?? []),
  ];
  const sent = names.flatMap(
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

/**
 * Removes the framing: `<hex length>[;chunk-signature=…]CRLF <bytes> CRLF` …, a chunk of length 0, then trailers.
 * Signatures are not checked.
 */
async function* unframe(body: AsyncIterable<Buffer>, trailers: Headers): AsyncGenerator<Buffer> {
  const input = body[Symbol.asyncIterator]();
  let rest = Buffer.alloc(0);

  async function more(): Promise<boolean> {
    const { done, value } = await input.next();
    if (!done) rest = Buffer.concat([rest, value]);
    return !done;
  }
  async function readLine(): Promise<string> {
    let end = rest.indexOf('\r\n');
    for (; end < 0; end = rest.indexOf('\r\n')) {
      if (rest.length > LONGEST_LINE || !(await more())) throw new S3Error('IncompleteBody');
    }
    const line = rest.toString('latin1', 0, end);
    rest = rest.subarray(end + 2);
    return line;
  }

  for (;;) {
    const [, length = ''] = /^([0-9a-f]{1,8})(?:;.*)?$/i.exec(await readLine()) ?? [];
    let left = Number.parseInt(length, 16);
    if (left === 0) break;
    while (left > 0) {
      if (rest.length === 0 && !(await more())) throw new S3Error('IncompleteBody');
      const bytes = rest.subarray(0, left);
      rest = rest.subarray(bytes.length);
      left -= bytes.length;
      yield bytes;
    }
    if (left !== 0 || (await readLine()) !== '') throw new S3Error('IncompleteBody');
  }
  while (rest.length > 0 || (await more())) {
    const [, name = '', value = ''] = /^([^:]+):\s*(.*?)\s*$/.exec(await readLine()) ?? [];
    trailers[name.toLowerCase()] = value;
  }
}
