/** Runs the functions: serverless-offline's worker threads, called without a detour over HTTP. */
import Lambda from 'serverless-offline/lambda';
import type { Serverless } from './serverless.ts';

export interface LambdaPool {
  /** Runs a function in a worker that has nothing to do, or in a new one. @throws what the handler throws */
  invoke(functionKey: string, event: unknown, clientContext?: unknown): Promise<unknown>;
  close(): Promise<void>;
}

/** Creates an empty pool; workers start when they are needed and stay. */
export function createLambdaPool(serverless: Serverless): LambdaPool {
  // No host, no port: its own server is never started.
  const lambda = new Lambda(serverless, { noTimeout: false, useInProcess: false });
  const functions = Object.entries(serverless.service.functions);
  lambda.create(functions.map(([functionKey, functionDefinition]) => ({ functionKey, functionDefinition })));

  return {
    invoke(functionKey, event, clientContext) {
      const worker = lambda.get(functionKey);
      worker.setEvent(event);
      worker.setClientContext(clientContext);
      return worker.runHandler();
    },
    close: () => lambda.cleanup(),
  };
}
