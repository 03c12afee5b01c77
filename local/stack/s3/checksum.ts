/** The checksums that S3 keeps beside its objects. */
import { createHash } from 'node:crypto';
import { Crc32, Crc32c, Crc64Nvme } from '@aws-sdk/checksums/crc';
import { S3Error } from './error.ts';
import type { XmlFields } from './xml.ts';

const ALGORITHMS = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

export interface Checksum {
  algorithm: Algorithm;
  /** Base64; of a composite one, the checksum of the parts' checksums, then `-` and their number. */
  value: string;
  type: 'FULL_OBJECT' | 'COMPOSITE';
}

export interface Digest {
  update(bytes: Uint8Array): unknown;
  digest(): Uint8Array | Promise<Uint8Array>;
}

/** Begins to sum. */
export function createDigest(algorithm: Algorithm): Digest {
  const crc = { CRC32: Crc32, CRC32C: Crc32c, CRC64NVME: Crc64Nvme, SHA1: undefined, SHA256: undefined }[
    algorithm
  ];
  return crc ? new crc() : createHash(algorithm);
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
