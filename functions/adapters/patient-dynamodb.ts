/** A DynamoDB client that waits its turn: what a burst of photos is throttled, it writes later. */
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { StandardRetryStrategy } from '@smithy/core/retry';

/** With pauses between of at most 1, 2, 4, 8, 16, 20, … seconds: 111 in all, by chance about half of that. */
const ATTEMPTS = 10;

/**
 * A client that tries every call up to ten times, with the SDK's own back-off; by default it is four times.
 *
 * Each call has a quota of retries to itself. By the SDK's, which is one for the client, calls would fail at their first
 * throttle once a long burst had taken some 100 retries.
 */
export function createPatientDynamoDBClient(config: DynamoDBClientConfig): DynamoDBClient {
  const client = new DynamoDBClient({ ...config, maxAttempts: ATTEMPTS });
  client.config.retryStrategy = async () => new StandardRetryStrategy(ATTEMPTS);
  return client;
}
