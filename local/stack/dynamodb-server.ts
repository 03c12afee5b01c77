/** The local DynamoDB: dynalite, data on disk. It has no TTL: tombstones stay. */
import type { Server } from 'node:http';
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DynamoDBClient,
  ResourceInUseException,
} from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';

/** Builds the server over a folder; it is not listening yet. */
export function createDynamoDBServer(path: string): Server {
  return dynalite({ path, createTableMs: 0 });
}

/**
 * Creates tables that are not there yet.
 *
 * @param properties of AWS::DynamoDB::Table resources
 */
export async function createTables(endpoint: string, properties: Record<string, unknown>[]): Promise<void> {
  const client = new DynamoDBClient({ endpoint });
  for (const table of properties) {
    try {
      await client.send(new CreateTableCommand(createTableParameters(table)));
    } catch (error) {
      if (!(error instanceof ResourceInUseException)) throw error;
    }
  }
  client.destroy();
}

/** What dynalite knows of a table: no encryption, recovery or expiry. */
export function createTableParameters(properties: Record<string, unknown>): CreateTableCommandInput {
  const known = ['TableName', 'AttributeDefinitions', 'KeySchema', 'BillingMode', 'GlobalSecondaryIndexes'];
  const entries = Object.entries(properties).filter(([name]) => known.includes(name));
  return Object.fromEntries(entries) as unknown as CreateTableCommandInput;
}
