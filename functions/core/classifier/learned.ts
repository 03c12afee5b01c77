/** Photos that a model was trained on, and how sure it may be of others: what no trial of those photos can tell. */
import type { TrialResult } from './trial.ts';

/** Photos of one collection that a model has learned. */
export interface LearnedCollection {
  /** First 4 bytes of the MD5 of each photo's bytes, as a number. */
  prefixes: ReadonlySet<number>;
  /** What trials showed in which networks of the same recipe had learned one half and were asked about the other. */
  calibration: LearnedCalibration;
}

/** As in a calibration. */
interface LearnedCalibration {
  temperature: number;
  /** The threshold. */
  confidence: number;
  validation: TrialResult[];
}

/** `functions/adapters/learned.json`, which model/train/learned.py makes. */
export interface LearnedFile {
  /** By model id, the parts of the collections that the model was trained on. */
  models: Record<string, string[]>;
  collections: (LearnedCalibration & {
    /** By name of a part: its photos' prefixes, 4 bytes each, in base64. */
    photos: Record<string, string>;
  })[];
}

/** @returns what a model has learned; undefined for one of which nothing is known */
export function learnedBy(
  { models, collections }: LearnedFile,
  model: string,
): LearnedCollection[] | undefined {
  const parts = models[model];
  return (
    parts &&
    collections.map(({ photos, ...calibration }) => ({
      prefixes: new Set(parts.flatMap((part) => prefixesOf(photos[part] ?? ''))),
      calibration,
    }))
  );
}

/**
 * The collection to which a photo belongs that a model has learned. By the photo's ETag, which is the MD5 of its bytes where it was
 * stored in one piece and without a key of one's own: any other photo is taken for one that it has not learned. Of a million that
 * it has not, four are taken for learned.
 *
 * @returns its place, or −1
 */
export function collectionOf(etag: string, learned: readonly LearnedCollection[]): number {
  if (!/^[0-9a-f]{32}$/.test(etag)) return -1;
  const prefix = Number.parseInt(etag.slice(0, 8), 16);
  return learned.findIndex(({ prefixes }) => prefixes.has(prefix));
}

function prefixesOf(base64: string): number[] {
  const bytes = Buffer.from(base64, 'base64');
  return Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readUInt32BE(4 * at));
}
