/**
 * Runs the functions in processes of their own, one invocation at a time each, as Lambda's environments do.
 *
 * Worker threads will not do. A native addon may only be used by a thread that lives: one that is terminated while
 * onnxruntime still runs a photo makes node-addon-api throw in C++ when the run ends, and that ends the whole process
 * (`terminate called after throwing an instance of 'Napi::Error'`), as an abort or a segmentation fault would anyway.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Serverless } from './serverless.ts';

export interface LambdaPool {
  /**
   * Runs a function in an idle process that has the present bundle, or in a new one.
   *
   * @param payload the event as JSON, which may be nested too deeply to be written again
   * @throws what the handler throws, with its message and stack
   * @throws Error `Sandbox.Timedout` or `Runtime.ExitError`, in Lambda's words, where its time is up or its process ends
   */
  invoke(functionKey: string, payload: string, clientContext?: unknown): Promise<unknown>;
  /** Ends all processes; what they were doing stays unanswered. */
  close(): Promise<void>;
}

/**
 * Creates an empty pool; processes start when they are needed, and stay.
 *
 * @param onLine takes the lines that functions print; without it they go where this process's own output goes
 */
export function createLambdaPool(serverless: Serverless, onLine?: (line: string) => void): LambdaPool {
  const all = new Set<Environment>();

  function take(functionKey: string, lambda: LocalFunction): Environment {
    const made = whenMade(lambda.bundle);
    for (const environment of all) {
      if (environment.functionKey !== functionKey || !environment.isIdle) continue;
      if (environment.made === made) return environment;
      all.delete(environment);
      void end(environment);
    }
    const environment = { functionKey, made, child: startProcess(lambda, onLine), isIdle: false };
    environment.child.once('exit', () => all.delete(environment));
    all.add(environment);
    return environment;
  }

  return {
    async invoke(functionKey, payload, clientContext) {
      const lambda = describeFunction(serverless, functionKey);
      const environment = take(functionKey, lambda);
      environment.isIdle = false;
      const invocation = { payload, context: contextOf(lambda, clientContext) };
      const answer = await ask(environment.child, invocation, lambda.timeout);
      environment.isIdle = true;
      if ('payload' in answer) return JSON.parse(answer.payload) as unknown;
      throw Object.assign(new Error(answer.error.message), { stack: answer.error.stack });
    },
    async close() {
      await Promise.all([...all].map(end));
    },
  };
}

/** A process that runs one function. */
interface Environment {
  functionKey: string;
  /** When the bundle that it runs was made. */
  made: string;
  child: ChildProcess;
  isIdle: boolean;
}

const WORKER = fileURLToPath(new URL('lambda-worker.mjs', import.meta.url));

function startProcess(
  { name, bundle, exportName, memorySize, environment }: LocalFunction,
  onLine: ((line: string) => void) | undefined,
): ChildProcess {
  const output = onLine === undefined ? 'inherit' : 'pipe';
  const child = fork(WORKER, [bundle, exportName], {
    env: {
      ...process.env,
      ...environment,
      AWS_LAMBDA_FUNCTION_NAME: name,
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memorySize),
      IS_OFFLINE: 'true',
    },
    execArgv: ['--enable-source-maps'],
    stdio: ['ignore', output, output, 'ipc'],
  });
  for (const input of [child.stdout, child.stderr]) {
    if (input && onLine) createInterface({ input }).on('line', onLine);
  }
  return child;
}

type LocalFunction = ReturnType<typeof describeFunction>;

/** What runs, with Lambda's own defaults where serverless.yml says nothing. Without a limit while a debugger may be attached. */
function describeFunction({ service: { functions, provider }, serviceDir }: Serverless, functionKey: string) {
  const { name, handler, timeout, memorySize, environment } = functions[functionKey]!;
  const dot = handler.lastIndexOf('.'); // such as `functions/featurize.handler`
  return {
    name,
    bundle: resolve(serviceDir, `${handler.slice(0, dot)}.js`),
    exportName: handler.slice(dot + 1),
    timeout: isDebugged() ? A_DAY : (timeout ?? provider.timeout ?? 6),
    memorySize: memorySize ?? provider.memorySize ?? 1024,
    environment: { ...provider.environment, ...environment } as Record<string, string>,
  };
}

/** A bundle that is made again is another file: bundle.ts renames it into place. */
function whenMade(bundle: string): string {
  const found = statSync(bundle, { throwIfNoEntry: false });
  return `${found?.ino} ${found?.mtimeMs}`;
}

async function end({ child }: Environment): Promise<void> {
  if (child.pid === undefined) return; // it could not be started
  child.removeAllListeners();
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

/** What a process answers. */
type Answer = { payload: string } | { error: { message: string; stack: string } };

/** Sends one invocation to a process and waits for its answer, for `timeout` seconds. */
async function ask(worker: ChildProcess, invocation: object, timeout: number): Promise<Answer> {
  const waiting = new AbortController();
  let isOutOfTime = false;
  const timer = setTimeout(() => {
    isOutOfTime = true;
    worker.kill('SIGKILL');
  }, timeout * 1000).unref();
  const answered = once(worker, 'message', waiting);
  const ended = once(worker, 'exit', waiting).then(([code, signal]): never => {
    if (isOutOfTime)
      throw lambdaError('Sandbox.Timedout', `Task timed out after ${timeout.toFixed(2)} seconds`);
    const how = signal === null ? `exit status ${code}` : `signal: ${signal}`;
    throw lambdaError('Runtime.ExitError', `Runtime exited with error: ${how}`);
  });
  worker.send({ ...invocation, deadline: Date.now() + timeout * 1000 }, () => {}); // where it fails, `exit` follows
  try {
    const [answer] = await Promise.race([answered, ended]);
    return answer as Answer;
  } finally {
    clearTimeout(timer);
    waiting.abort();
  }
}

/** @see https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html */
function lambdaError(type: string, message: string): Error {
  return Object.assign(new Error(message), { name: type, stack: `${type}: ${message}` });
}

const A_DAY = 86_400;

function isDebugged(): boolean {
  const { NODE_OPTIONS = '', VSCODE_INSPECTOR_OPTIONS } = process.env;
  return NODE_OPTIONS.includes('--inspect') || VSCODE_INSPECTOR_OPTIONS !== undefined;
}

function contextOf({ name: functionName, memorySize }: LocalFunction, clientContext: unknown): object {
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
