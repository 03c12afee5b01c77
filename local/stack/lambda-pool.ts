/**
 * Runs the functions in processes of their own, one invocation at a time each, as Lambda's environments do.
 *
 * Worker threads will not do. A native addon may only be used by a thread that lives: one that is terminated while
 * onnxruntime still runs a photo makes node-addon-api throw in C++ when the run ends, and that ends the whole process
 * (`terminate called after throwing an instance of 'Napi::Error'`). An abort or a segmentation fault does so anyway.
 */
import { type LambdaProcess, startLambdaProcess } from './lambda-process.ts';
import type { Serverless } from './serverless.ts';

export interface LambdaPool {
  /**
   * Runs a function in a process that has nothing to do and the present code, or in a new one.
   *
   * @param payload the event as JSON, which may be nested too deep to be written again
   * @throws what the handler throws, with its message and stack
   * @throws Error `Sandbox.Timedout` or `Runtime.ExitError`, in Lambda's words, where its time is up or its process ends
   */
  invoke(functionKey: string, payload: string, clientContext?: unknown): Promise<unknown>;
  /** Ends all processes; what they were doing stays unanswered. */
  close(): Promise<void>;
}

/**
 * Creates an empty pool; processes start when they are needed and stay.
 *
 * @param onLine takes the lines that the functions print, which otherwise go where this process's own go
 */
export function createLambdaPool(serverless: Serverless, onLine?: (line: string) => void): LambdaPool {
  const all = new Set<LambdaProcess>();
  const idle = new Map<string, Set<LambdaProcess>>();

  function take(functionKey: string): LambdaProcess {
    const waiting = idle.get(functionKey) ?? new Set();
    idle.set(functionKey, waiting);
    for (const worker of waiting) {
      waiting.delete(worker);
      if (!worker.isOutdated()) return worker;
      all.delete(worker);
      void worker.end();
    }
    const forget = () => {
      all.delete(worker);
      waiting.delete(worker);
    };
    const worker = startLambdaProcess(serverless, functionKey, { onLine, onExit: forget });
    all.add(worker);
    return worker;
  }

  return {
    async invoke(functionKey, payload, clientContext) {
      const worker = take(functionKey);
      const answer = await worker.ask(payload, clientContext);
      idle.get(functionKey)?.add(worker);
      if ('payload' in answer) return JSON.parse(answer.payload) as unknown;
      throw Object.assign(new Error(answer.error.message), { stack: answer.error.stack });
    },
    async close() {
      await Promise.all([...all].map((worker) => worker.end()));
    },
  };
}
