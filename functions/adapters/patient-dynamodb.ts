/** A DynamoDB client that waits its turn: what is throttled in a burst of photos is written later. */
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { StandardRetryStrategy } from '@smithy/core/retry';

/** The pauses are at most 1, 2, 4, 8, 16, 20, … seconds: 111 in all, half of that on average. */
const ATTEMPTS = 10;

/**
 * A client that tries every call up to ten times, with the SDK's own back-off; by default it is four times.
 *
 * Each call has its own quota of retries. With the SDK's, which the whole client shares, calls would fail at their
 * first throttle once a long burst had used some 100 retries.
 */
export function createPatientDynamoDBClient(config: DynamoDBClientConfig): DynamoDBClient {
  const client = new DynamoDBClient({ ...config, maxAttempts: ATTEMPTS });
  client.config.retryStrategy = async () => new StandardRetryStrategy(ATTEMPTS);
  return client;
}
