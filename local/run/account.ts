/** What became of each photo, read from the features table. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import type { LocalPhoto } from './photos.ts';

/** A photo in the table. */
export interface Outcome {
  etag: string;
  model: string;
  /** Why it was refused; absent: it was featurized. */
  refused?: string | undefined;
  detail: string;
}

export interface Account {
  featurized: number;
  /** Photos refused, by reason; each with what was wrong with it. */
  refused: Map<string, { key: string; detail: string }[]>;
  /** Photos that are not in the table. */
  missing: string[];
}

/** Reads the whole table, without features and tombstones. @returns outcomes by key */
export async function readOutcomes(client: DynamoDBClient, TableName: string): Promise<Map<string, Outcome>> {
  const outcomes = new Map<string, Outcome>();
  const ProjectionExpression = 'photo, etag, model, refused, detail, erased';
  for await (const { Items = [] } of paginateScan({ client }, { TableName, ProjectionExpression })) {
    for (const { photo, etag, model, refused, detail, erased } of Items) {
      if (erased?.BOOL) continue;
      const text = { etag: etag?.S ?? '', model: model?.S ?? '', detail: detail?.S ?? '' };
      outcomes.set(photo?.S ?? '', { ...text, refused: refused?.S });
    }
  }
  return outcomes;
}

/** Counts what became of photos. */
export function accountFor(photos: LocalPhoto[], outcomes: ReadonlyMap<string, Outcome>): Account {
  const account: Account = { featurized: 0, refused: new Map(), missing: [] };
  for (const { key } of photos) {
    const outcome = outcomes.get(key);
    if (!outcome) account.missing.push(key);
    else if (outcome.refused === undefined) account.featurized++;
    else {
      const same = account.refused.get(outcome.refused) ?? [];
      same.push({ key, detail: outcome.detail });
      account.refused.set(outcome.refused, same);
    }
  }
  return account;
}

/**
 * The photos that are stored byte for byte, and that a model has dealt with.
 *
 * @returns whether each was refused, by key
 */
export async function photosDone(
  client: S3Client,
  bucket: string,
  photos: LocalPhoto[],
  outcomes: ReadonlyMap<string, Outcome>,
  model: string,
): Promise<Map<string, boolean>> {
  const paths = new Map(photos.map(({ key, path }) => [key, path]));
  const done = new Map<string, boolean>();
  for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket: bucket })) {
    for (const { Key = '', ETag } of Contents) {
      const [path, outcome] = [paths.get(Key), outcomes.get(Key)];
      if (path === undefined || outcome?.model !== model || ETag !== `"${outcome.etag}"`) continue;
      if (outcome.etag === md5(path)) done.set(Key, outcome.refused !== undefined);
    }
  }
  return done;
}

/** Undefined where the file cannot be read: the upload says why. */
function md5(path: string): string | undefined {
  try {
    return createHash('md5').update(readFileSync(path)).digest('hex');
  } catch {
    return undefined;
  }
}
