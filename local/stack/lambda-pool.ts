/**
 * Runs the functions in processes of their own, one invocation at a time each, as Lambda's environments do.
 *
 * Worker threads will not do. A native addon may only be used by a thread that lives: one that is terminated while
 * onnxruntime still runs a photo makes node-addon-api throw in C++ when the run ends, and that ends the whole process
 * (`terminate called after throwing an instance of 'Napi::Error'`). An abort or a segmentation fault does so anyway.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FunctionDefinition, Serverless } from './serverless.ts';

export interface LambdaPool {
  /**
   * Runs a function in a process that has nothing to do, or in a new one.
   *
   * @param payload the event as JSON, which may be nested too deep to be written again
   * @throws what the handler throws, with its message and stack
   * @throws Error `Sandbox.Timedout` or `Runtime.ExitError`, in Lambda's words, where its time is up or its process ends
   */
  invoke(functionKey: string, payload: string, clientContext?: unknown): Promise<unknown>;
  /** Ends all processes; what they were doing stays unanswered. */
  close(): Promise<void>;
}

/** What a process answers. */
export type WorkerAnswer = { payload: string } | { error: { message: string; stack: string } };

/** Creates an empty pool; processes start when they are needed and stay. */
export function createLambdaPool(serverless: Serverless): LambdaPool {
  const workers = new Set<ChildProcess>();
  const idle = new Map<string, ChildProcess[]>();

  function take(functionKey: string): ChildProcess {
    const waiting = idle.get(functionKey)?.pop();
    if (waiting) return waiting;
    const worker = startWorker(serverless, functionKey);
    workers.add(worker);
    worker.once('exit', () => {
      workers.delete(worker);
      idle.set(
        functionKey,
        (idle.get(functionKey) ?? []).filter((other) => other !== worker),
      );
    });
    return worker;
  }

  return {
    async invoke(functionKey, payload, clientContext) {
      const worker = take(functionKey);
      const { name, timeout, memorySize } = limitsOf(serverless, functionKey);
      const answer = await ask(
        worker,
        { payload, context: contextOf(name, memorySize, clientContext) },
        timeout,
      );
      idle.set(functionKey, [...(idle.get(functionKey) ?? []), worker]);
      if ('payload' in answer) return JSON.parse(answer.payload) as unknown;
      throw Object.assign(new Error(answer.error.message), { stack: answer.error.stack });
    },
    async close() {
      const ended = [...workers].map((worker) => {
        worker.removeAllListeners();
        const exit = new Promise((settled) => worker.once('exit', settled));
        worker.kill('SIGKILL');
        return exit;
      });
      await Promise.all(ended);
    },
  };
}

const WORKER = fileURLToPath(new URL('lambda-worker.mjs', import.meta.url));

function startWorker(serverless: Serverless, functionKey: string): ChildProcess {
  const { service, serviceDir } = serverless;
  const { handler, environment } = service.functions[functionKey]!;
  const { name, memorySize } = limitsOf(serverless, functionKey);
  const dot = handler.lastIndexOf('.');
  return fork(WORKER, [resolve(serviceDir, `${handler.slice(0, dot)}.js`), handler.slice(dot + 1)], {
    env: {
      ...process.env,
      ...(service.provider.environment as Record<string, string>),
      ...(environment as Record<string, string>),
      AWS_LAMBDA_FUNCTION_NAME: name,
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memorySize),
      IS_OFFLINE: 'true',
    },
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}

/** Sends one invocation to a process and waits for its answer, for `timeout` seconds. */
function ask(worker: ChildProcess, invocation: object, timeout: number): Promise<WorkerAnswer> {
  return new Promise((answered, failed) => {
    let isOutOfTime = false;
    const timer = setTimeout(() => {
      isOutOfTime = true;
      worker.kill('SIGKILL');
    }, timeout * 1000).unref();
    const onMessage = (answer: unknown) => settle(() => answered(answer as WorkerAnswer));
    const onError = (error: Error) => settle(() => failed(error));
    const onExit = (code: number | null, signal: NodeJS.Signals | null) =>
      settle(() => failed(isOutOfTime ? timedOut(timeout) : exited(code, signal)));
    const settle = (tell: () => void) => {
      clearTimeout(timer);
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
      tell();
    };
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
    worker.send({ ...invocation, deadline: Date.now() + timeout * 1000 }, () => {}); // where it fails, `exit` follows
  });
}

function timedOut(seconds: number): Error {
  return lambdaError('Sandbox.Timedout', `Task timed out after ${seconds.toFixed(2)} seconds`);
}

function exited(code: number | null, signal: NodeJS.Signals | null): Error {
  const how = signal === null ? `exit status ${code}` : `signal: ${signal}`;
  return lambdaError('Runtime.ExitError', `Runtime exited with error: ${how}`);
}

/** @see https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html */
function lambdaError(type: string, message: string): Error {
  return Object.assign(new Error(message), { name: type, stack: `${type}: ${message}` });
}

/** Lambda's own defaults where serverless.yml says nothing. */
function limitsOf(
  { service }: Serverless,
  functionKey: string,
): Required<Pick<FunctionDefinition, 'name' | 'timeout' | 'memorySize'>> {
  const { name, timeout, memorySize } = service.functions[functionKey]!;
  const { provider } = service;
  return {
    name,
    timeout: timeout ?? provider.timeout ?? 6,
    memorySize: memorySize ?? provider.memorySize ?? 1024,
  };
}

function contextOf(functionName: string, memorySize: number, clientContext: unknown): object {
  return {
    awsRequestId: randomUUID(),
    clientContext,
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:local:000000000000:function:${functionName}`,
    logGroupName: `/aws/lambda/${functionName}`,
    logStreamName: 'local',
    memoryLimitInMB: String(memorySize),
  };
}
