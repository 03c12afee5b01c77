/** Runs serverless-offline's events in the local functions: schedules through the queue, as on AWS; HTTP requests at once. */
import Lambda from 'serverless-offline/lambda';
import type { LambdaPool } from './lambda-pool.ts';

/**
 * Passes on what serverless-offline would run in worker threads, which can end the process (lambda-pool.ts). Its own
 * Lambda port, which answers any web page, stays closed.
 */
export function takeOfflineEvents(
  enqueue: (functionKey: string, event: unknown) => void,
  invoke: LambdaPool['invoke'],
): void {
  Lambda.prototype.start = async () => {};
  Lambda.prototype.get = (functionKey) => {
    let event: unknown;
    return {
      setEvent(given) {
        event = given;
      },
      async runHandler() {
        if (isHttpRequest(event)) return invoke(functionKey, JSON.stringify(event));
        enqueue(functionKey, event);
        return undefined;
      },
    };
  };
}

/** What API Gateway sends says who asks; a schedule's event, or its input, does not. */
function isHttpRequest(event: unknown): boolean {
  return typeof event === 'object' && event !== null && 'requestContext' in event;
}
