/** What became of each photo, as the features table tells. */
import { type DynamoDBClient, ScanCommand, type ScanCommandOutput } from '@aws-sdk/client-dynamodb';

export interface Account {
  featurized: number;
  /** Photos refused, by reason; each with what was wrong with it. */
  refused: Map<string, { photo: string; detail: string }[]>;
  /** Photos of which the table says nothing. */
  missing: string[];
}

/** Looks up photos in the table: one pass, without their features. */
export async function accountFor(client: DynamoDBClient, table: string, photos: string[]): Promise<Account> {
  const missing = new Set(photos);
  const account: Account = { featurized: 0, refused: new Map(), missing: [] };
  let start: ScanCommandOutput['LastEvaluatedKey'];
  do {
    const page: ScanCommandOutput = await client.send(
      new ScanCommand({
        TableName: table,
        ProjectionExpression: 'photo, refused, detail, erased',
        ExclusiveStartKey: start,
      }),
    );
    for (const { photo, refused, detail, erased } of page.Items ?? []) {
      const key = photo?.S ?? '';
      if (erased?.BOOL || !missing.delete(key)) continue;
      if (refused?.S === undefined) account.featurized++;
      else {
        const same = account.refused.get(refused.S) ?? [];
        account.refused.set(refused.S, [...same, { photo: key, detail: detail?.S ?? '' }]);
      }
    }
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
  return { ...account, missing: [...missing] };
}
