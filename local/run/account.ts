/** What became of each photo, read from the features table. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
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

/** The photos that a model has dealt with, byte for byte. @returns whether each was refused, by key */
export function photosDone(
  photos: LocalPhoto[],
  outcomes: ReadonlyMap<string, Outcome>,
  model: string,
): Map<string, boolean> {
  const done = new Map<string, boolean>();
  for (const { key, path } of photos) {
    const outcome = outcomes.get(key);
    if (outcome?.model === model && outcome.etag === md5(path)) done.set(key, outcome.refused !== undefined);
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
