/** Asynchronous invocations: Lambda queues them, retries them and keeps the failed ones. */
import { InvokeCommand, type InvokeCommandInput, type LambdaClient } from '@aws-sdk/client-lambda';
import type { BackfillQueue, FeaturizeQueue } from '../core/ports.ts';

/** Photos per invocation: well below the payload limit, and a fraction of a minute's work at 12 megapixels each. */
const PHOTOS_PER_INVOCATION = 25;

/** Asks a function to featurize photos, so many per invocation. */
export function createFeaturizeQueue(client: LambdaClient, functionName: string): FeaturizeQueue {
  return {
    async featurize(requests) {
      for (let start = 0; start < requests.length; start += PHOTOS_PER_INVOCATION) {
        const photos = requests.slice(start, start + PHOTOS_PER_INVOCATION);
        await client.send(new InvokeCommand(asynchronousInvocation(functionName, { backfill: photos })));
      }
    },
  };
}

/**
 * Sends backfill's work to the functions.
 *
 * @param names names of the functions to invoke
 */
export function createBackfillQueue(
  client: LambdaClient,
  names: { featurize: string; backfill: string },
): BackfillQueue {
  return {
    ...createFeaturizeQueue(client, names.featurize),
    async resume(run) {
      await client.send(new InvokeCommand(asynchronousInvocation(names.backfill, { resume: run })));
    },
  };
}

/** Parameters of one asynchronous invocation. */
export function asynchronousInvocation(functionName: string, payload: unknown): InvokeCommandInput {
  return {
    FunctionName: functionName,
    InvocationType: 'Event',
    Payload: Buffer.from(JSON.stringify(payload)),
  };
}
