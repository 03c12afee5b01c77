/** A process that runs one function, one invocation at a time, as an environment of Lambda does. */
import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { FunctionDefinition, Serverless } from './serverless.ts';

export interface LambdaProcess {
  /** Whether the bundle has been made again since the process was started. */
  isOutdated(): boolean;
  /**
   * Runs the function.
   *
   * @throws Error `Sandbox.Timedout` or `Runtime.ExitError`, in Lambda's words, where its time is up or its process ends
   */
  ask(payload: string, clientContext: unknown): Promise<WorkerAnswer>;
  /** Ends it; what it was doing stays unanswered. */
  end(): Promise<void>;
}

/** What a process answers. */
export type WorkerAnswer = { payload: string } | { error: { message: string; stack: string } };

export interface LambdaProcessOptions {
  /** Told when the process ends by itself. */
  onExit(): void;
  /** Takes the lines that it prints, which otherwise go where this process's own go. */
  onLine?: ((line: string) => void) | undefined;
}

/** Starts a process. */
export function startLambdaProcess(
  serverless: Serverless,
  functionKey: string,
  { onExit, onLine }: LambdaProcessOptions,
): LambdaProcess {
  const { service, serviceDir } = serverless;
  const { handler, environment } = service.functions[functionKey]!;
  const { name, memorySize, timeout } = limitsOf(serverless, functionKey);
  const dot = handler.lastIndexOf('.');
  const bundle = resolve(serviceDir, `${handler.slice(0, dot)}.js`);
  const made = whenMade(bundle);
  const output = onLine === undefined ? 'inherit' : 'pipe';
  const child = fork(WORKER, [bundle, handler.slice(dot + 1)], {
    env: {
      ...process.env,
      ...(service.provider.environment as Record<string, string>),
      ...(environment as Record<string, string>),
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
  child.once('exit', onExit);
  return {
    isOutdated: () => whenMade(bundle) !== made,
    ask: (payload, clientContext) =>
      ask(child, { payload, context: contextOf(name, memorySize, clientContext) }, timeout),
    async end() {
      if (child.pid === undefined) return; // it could not be started
      child.removeAllListeners();
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
    },
  };
}

const WORKER = fileURLToPath(new URL('lambda-worker.mjs', import.meta.url));

/** A file that is made again is another file: bundle.ts renames it into place. */
function whenMade(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  return `${found?.ino} ${found?.mtimeMs}`;
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
    timeout: isDebugged() ? A_DAY : (timeout ?? provider.timeout ?? 6),
    memorySize: memorySize ?? provider.memorySize ?? 1024,
  };
}

const A_DAY = 86_400;

/** Whether processes started from here wait for a debugger, in whose hands time does not count. */
function isDebugged(): boolean {
  const { NODE_OPTIONS = '', VSCODE_INSPECTOR_OPTIONS } = process.env;
  return NODE_OPTIONS.includes('--inspect') || VSCODE_INSPECTOR_OPTIONS !== undefined;
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
