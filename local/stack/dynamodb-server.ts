/** The local DynamoDB: dynalite, data on disk. It has no TTL: tombstones stay. */
import { EventEmitter } from 'node:events';
import type { IncomingMessage, RequestListener, Server } from 'node:http';
import { buffer } from 'node:stream/consumers';
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DynamoDBClient,
  ResourceInUseException,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';

/**
 * Builds the server over a folder; it is not listening yet. dynalite only sees requests that have arrived whole: it
 * ends the process where a client hangs up earlier.
 */
export function createDynamoDBServer(path: string): Server {
  const server = dynalite({ path, createTableMs: 0 });
  const [answer] = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request');
  return server.on('request', async (request, response) => {
    try {
      const body = await buffer(request);
      const { method, url, headers } = request;
      const whole = Object.assign(new EventEmitter(), { method, url, headers });
      answer?.(whole as IncomingMessage, response);
      whole.emit('data', body);
      whole.emit('end');
    } catch {
      if (!response.headersSent) response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' });
      response.end('{"__type":"com.amazon.coral.service#SerializationException"}');
      request.resume();
    }
  });
}

/**
 * Creates tables that are not there yet.
 *
 * @param properties of AWS::DynamoDB::Table resources
 */
export async function createTables(endpoint: string, properties: unknown[]): Promise<void> {
  const client = new DynamoDBClient({ endpoint });
  for (const table of properties as CreateTableCommandInput[]) {
    try {
      // What dynalite knows of a table: no encryption, recovery or expiry.
      const { TableName, AttributeDefinitions, KeySchema, BillingMode, GlobalSecondaryIndexes } = table;
      const indexes = GlobalSecondaryIndexes && { GlobalSecondaryIndexes };
      await createTable(client, { TableName, AttributeDefinitions, KeySchema, BillingMode, ...indexes });
    } catch (error) {
      if (!(error instanceof ResourceInUseException)) throw error;
    }
  }
  client.destroy();
}

/** Creates a table and waits until it can be used: DynamoDB, and dynalite too, answer before that. */
export async function createTable(
  client: DynamoDBClient,
  parameters: CreateTableCommandInput,
): Promise<void> {
  await client.send(new CreateTableCommand(parameters));
  const { TableName } = parameters;
  await waitUntilTableExists({ client, minDelay: 0.005, maxDelay: 0.1, maxWaitTime: 10 }, { TableName });
}
