/**
 * The body of an upload in chunks, as the AWS SDKs and CLI send it when they sign or sum while streaming:
 * `<hex length>[;chunk-signature=…]CRLF <bytes> CRLF` …, a chunk of length 0, then trailing headers.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 */
import { Transform, type TransformCallback } from 'node:stream';

/** Takes the framing off. Signatures and sums are not checked. */
export function createChunkedDecoder(): Transform {
  let head = '';
  /** Bytes of the present chunk still to come, with the CRLF after it; -1: reading a head. */
  let left = -1;
  let isAtEnd = false;

  function take(input: Buffer, stream: Transform): void {
    let at = 0;
    while (at < input.length && !isAtEnd) {
      if (left < 0) at = readHead(input, at);
      else {
        const end = Math.min(at + left, input.length);
        const payloadEnd = Math.min(end, at + Math.max(0, left - CRLF.length));
        if (payloadEnd > at) stream.push(input.subarray(at, payloadEnd));
        left -= end - at;
        at = end;
        if (left === 0) left = -1;
      }
    }
  }

  function readHead(input: Buffer, at: number): number {
    const lineEnd = input.indexOf('\n', at);
    head += input.toString('latin1', at, lineEnd < 0 ? input.length : lineEnd);
    if (lineEnd < 0) return input.length;
    const length = Number.parseInt(head, 16);
    if (Number.isNaN(length)) throw new Error(`aws-chunked: "${head.slice(0, 40)}" is no chunk length`);
    head = '';
    isAtEnd = length === 0;
    left = length + CRLF.length;
    return lineEnd + 1;
  }

  return new Transform({
    transform(input: Buffer, _encoding: BufferEncoding, done: TransformCallback) {
      try {
        take(input, this);
        done();
      } catch (error) {
        done(error as Error);
      }
    },
    flush(done) {
      done(isAtEnd ? null : new Error('aws-chunked: the body ended before its last chunk'));
    },
  });
}

const CRLF = '\r\n';
