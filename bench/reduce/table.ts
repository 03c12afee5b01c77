/** The reduce benchmark's rows in the local DynamoDB. */
import { join } from 'node:path';
import { BatchWriteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { toItem as toStoredItem } from '../../functions/adapters/feature-item.ts';
import { createDynamoDBServer, createTables } from '../../local/stack/dynamodb-server.ts';
import { awsVariables } from '../../local/stack/environment.ts';
import { close, listen } from '../../local/stack/listen.ts';
import { readRows } from './plain.ts';
import { DIMENSION, toItem } from './rows.ts';

const TABLE = 'features';
/** Most items a BatchWriteItem takes. */
const BATCH = 25;

/** Fills a table in a folder with the rows of a file, serves it while `work` runs, and stops. */
export async function withTable<T>(
  { path, rows, folder }: { path: string; rows: number; folder: string },
  work: (from: { endpoint: string; table: string }) => Promise<T>,
): Promise<T> {
  const server = createDynamoDBServer(join(folder, 'dynamodb'));
  const endpoint = await listen(server, { port: 0, what: 'local DynamoDB', variable: '' });
  Object.assign(
    process.env,
    awsVariables({ s3: endpoint, dynamodb: endpoint, lambda: endpoint }, 'eu-west-1'),
  );
  const client = new DynamoDBClient({ endpoint });
  try {
    await createTables(endpoint, [
      {
        TableName: TABLE,
        AttributeDefinitions: [{ AttributeName: 'photo', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'photo', KeyType: 'HASH' }],
        BillingMode: 'PAY_PER_REQUEST',
      },
    ]);
    const values = await readRows(path, rows);
    for (let start = 0; start < rows; start += BATCH) {
      const indices = Array.from({ length: Math.min(BATCH, rows - start) }, (_, at) => start + at);
      const requests = indices.map((index) => {
        const features = values.subarray(index * DIMENSION, (index + 1) * DIMENSION);
        return { PutRequest: { Item: toStoredItem(toItem(index, features)) } };
      });
      await client.send(new BatchWriteItemCommand({ RequestItems: { [TABLE]: requests } }));
    }
    return await work({ endpoint, table: TABLE });
  } finally {
    client.destroy();
    await close(server);
  }
}
