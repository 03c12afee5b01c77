/** Asynchronous invocations: Lambda queues them, retries them and keeps the failed ones. */
import { InvokeCommand, type InvokeCommandInput, type LambdaClient } from '@aws-sdk/client-lambda';
import type { BackfillQueue } from '../core/ports.ts';

/** Photos an invocation: well below the payload limit and a minute of work at 12 megapixels each. */
const PHOTOS_PER_INVOCATION = 25;

/**
 * Sends backfill's work to the functions that do it.
 *
 * @param names names of the functions to invoke
 */
export function createBackfillQueue(
  client: LambdaClient,
  names: { featurize: string; backfill: string },
): BackfillQueue {
  const invoke = (name: string, payload: unknown) =>
    client.send(new InvokeCommand(asynchronousInvocation(name, payload)));
  return {
    async featurize(requests) {
      for (let start = 0; start < requests.length; start += PHOTOS_PER_INVOCATION) {
        await invoke(names.featurize, { backfill: requests.slice(start, start + PHOTOS_PER_INVOCATION) });
      }
    },
    async resume(run) {
      await invoke(names.backfill, { resume: run });
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
