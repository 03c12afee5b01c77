/** What the local S3 keeps of an object, and of one that is uploaded in parts. */
import type { Algorithm, Checksum } from './body.ts';

/** Bytes on the disk. */
export interface Content {
  /** Name of the data file. */
  file: string;
  bytes: number;
  /** Without quotes: MD5 in hexadecimal, of what came in parts also `-` and their number. */
  etag: string;
}

export interface StoredObject extends Content {
  key: string;
  /** Milliseconds since the epoch. */
  modified: number;
  sequencer: string;
  /** Headers to answer with: content type, `x-amz-meta-…`. */
  headers: Record<string, string>;
  checksum?: Checksum | undefined;
}

export interface Upload {
  bucket: string;
  key: string;
  headers: Record<string, string>;
  algorithm: Algorithm | undefined;
  type: Checksum['type'];
  parts: Map<number, Part>;
}

export interface Part extends Content {
  modified: number;
  checksum: Checksum | undefined;
}
