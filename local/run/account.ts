/** What became of each photo, read from the features table. */
import { type AttributeValue, type DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';

export interface Account {
  featurized: number;
  /** Photos refused, by reason; each with what was wrong with it. */
  refused: Map<string, { key: string; detail: string }[]>;
  /** Photos that are not in the table. */
  missing: string[];
}

/** Looks up photos in the table: one pass, without their features. */
export async function accountFor(client: DynamoDBClient, table: string, photos: string[]): Promise<Account> {
  const missing = new Set(photos);
  const account: Account = { featurized: 0, refused: new Map(), missing: [] };
  for await (const { photo, refused, detail } of livingItems(client, table)) {
    const key = photo?.S ?? '';
    if (!missing.delete(key)) continue;
    if (refused?.S === undefined) account.featurized++;
    else {
      const same = account.refused.get(refused.S) ?? [];
      account.refused.set(refused.S, [...same, { key, detail: detail?.S ?? '' }]);
    }
  }
  return { ...account, missing: [...missing] };
}

/** Versions of the photos that a model has dealt with, by key. */
export async function versionsDone(
  client: DynamoDBClient,
  table: string,
  model: string,
): Promise<Map<string, { etag: string; isRefused: boolean }>> {
  const versions = new Map<string, { etag: string; isRefused: boolean }>();
  for await (const item of livingItems(client, table)) {
    if (item.model?.S !== model) continue;
    versions.set(item.photo?.S ?? '', { etag: item.etag?.S ?? '', isRefused: item.refused !== undefined });
  }
  return versions;
}

async function* livingItems(
  client: DynamoDBClient,
  TableName: string,
): AsyncGenerator<Record<string, AttributeValue>> {
  const ProjectionExpression = 'photo, etag, model, refused, detail, erased';
  for await (const { Items = [] } of paginateScan({ client }, { TableName, ProjectionExpression })) {
    yield* Items.filter(({ erased }) => !erased?.BOOL);
  }
}
