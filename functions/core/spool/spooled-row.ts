import { ContractBroken } from '../errors.ts';
import type { FeaturizedItem } from '../ports.ts';

/** What a snapshot says of a photo besides its features. */
export interface SpooledRow {
  key: string;
  label: string | null;
  etag: string;
  /** Milliseconds since the epoch. */
  featurizedAt: number;
}

/** What of a stored item goes into a snapshot. @throws ContractBroken where its time is none */
export function toRow({ key, label, etag, featurizedAt }: FeaturizedItem): SpooledRow {
  const time = Date.parse(featurizedAt);
  if (Number.isNaN(time)) {
    throw new ContractBroken(`${key} was featurized at "${featurizedAt}", which is no ISO 8601 time`);
  }
  return { key, label: label ?? null, etag, featurizedAt: time };
}
