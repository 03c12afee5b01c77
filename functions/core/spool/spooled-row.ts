import { ContractBroken } from '../errors.ts';
import type { FeaturizedItem } from '../ports.ts';

/** What a snapshot says of a photo besides its features. */
export interface SpooledRow {
  key: string;
  label: string | null;
  etag: string;
  /** Milliseconds since the epoch. */
  featurizedAt: number;
  /** Pixels of the photo as stored, upright. */
  width: number;
  height: number;
  bytes: number;
}

/** What a snapshot takes of a stored item. @throws ContractBroken where its time or its size cannot be right */
export function toRow({ key, label, etag, featurizedAt, width, height, bytes }: FeaturizedItem): SpooledRow {
  const time = Date.parse(featurizedAt);
  if (Number.isNaN(time)) {
    throw new ContractBroken(`${key} was featurized at "${featurizedAt}", which is not an ISO 8601 time`);
  }
  if (Math.max(width, height) > MOST_PIXELS || Math.min(width, height, bytes) < 0) {
    throw new ContractBroken(`${key} has ${width}×${height} pixels and ${bytes} bytes; featurize it again`);
  }
  return { key, label: label ?? null, etag, featurizedAt: time, width, height, bytes };
}

/** Of a side: what the column holds. */
const MOST_PIXELS = 2 ** 31 - 1;
