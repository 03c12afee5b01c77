/** What became of each photo, read from the features table. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { isStored } from '../../functions/core/ordering.ts';
import type { FeatureStore, PhotoStore } from '../../functions/core/ports.ts';
import type { LocalPhoto } from './photos.ts';

/** A photo in the table. */
export interface Outcome {
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
  const ProjectionExpression = 'photo, refused, detail, erased';
  for await (const { Items = [] } of paginateScan({ client }, { TableName, ProjectionExpression })) {
    for (const { photo, refused, detail, erased } of Items) {
      if (!erased?.BOOL) outcomes.set(photo?.S ?? '', { refused: refused?.S, detail: detail?.S ?? '' });
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
  bucket: PhotoStore,
  table: FeatureStore,
  photos: LocalPhoto[],
  model: string,
): Promise<Map<string, boolean>> {
  const paths = new Map(photos.map(({ key, path }) => [key, path]));
  const done = new Map<string, boolean>();
  for await (const page of bucket.list('')) {
    const seen = await table.look(page.map(({ key }) => key).filter((key) => paths.has(key)));
    for (const photo of page) {
      const [path, item] = [paths.get(photo.key), seen.get(photo.key)];
      if (path !== undefined && isStored(photo, item, model) && photo.etag === md5(path))
        done.set(photo.key, item?.refused !== undefined);
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
