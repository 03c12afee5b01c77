/**
 * Lambda's Runtime API, for one process that runs one function.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { close, listen } from '../../local/stack/listen.ts';

/** Milliseconds since the process began: [start, end], as rapid-client.cjs takes them. */
export type Times = Record<string, [number, number]>;

export interface RuntimeApi {
  /** Host and port, as in AWS_LAMBDA_RUNTIME_API. */
  address: string;
  /** Settled when the process asks for its first invocation. @throws FunctionFailed when it cannot start */
  ready: Promise<Times>;
  /** What the process has said of its times so far. */
  times(): Times;
  /** One at a time. @throws FunctionFailed when the handler throws or the process ends */
  invoke(event: unknown): Promise<unknown>;
  /** Says that the process has ended. */
  fail(error: Error): void;
  close(): Promise<void>;
}

/** What a function's process reported, or how it ended. */
export class FunctionFailed extends Error {
  readonly type: string;
  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

/** Starts the server. @param timeout seconds that an invocation has */
export async function startRuntimeApi(functionArn: string, timeout: number): Promise<RuntimeApi> {
  const ready = promise<Times>();
  let times: Times = {};
  let failed: Error | undefined;
  let idle: ServerResponse | undefined;
  let invocation: (Deferred<unknown> & { id: string; event: string }) | undefined;

  const send = () => {
    if (!idle || !invocation) return;
    idle.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': invocation.id,
      'lambda-runtime-deadline-ms': String(Date.now() + timeout * 1000),
      'lambda-runtime-invoked-function-arn': functionArn,
      'lambda-runtime-trace-id': traceId(),
    });
    idle.end(invocation.event);
    idle = undefined;
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error) => response.destroy(error));
  });
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url?.replace('/2018-06-01/runtime/', '') ?? '';
    if (path === 'invocation/next') {
      times = JSON.parse(String(request.headers['verger-times'])) as Times;
      idle = response;
      ready.resolve(times);
      return send();
    }
    const body = await text(request);
    response.writeHead(202).end();
    if (path === 'init/error') return fail(failure(body));
    const [, id, outcome] = path.split('/');
    if (id !== invocation?.id) return;
    const { resolve, reject } = invocation!;
    invocation = undefined;
    if (outcome === 'response') resolve(JSON.parse(body));
    else reject(failure(body));
  }

  function fail(error: Error): void {
    failed ??= error;
    ready.reject(failed);
    invocation?.reject(failed);
  }

  const address = await listen(server, { port: 0, what: 'Runtime API', variable: '' });
  return {
    address: new URL(address).host,
    ready: ready.promise,
    times: () => times,
    invoke(event) {
      if (failed) return Promise.reject(failed);
      invocation = { ...promise<unknown>(), id: randomUUID(), event: JSON.stringify(event) };
      send();
      return invocation.promise;
    },
    fail,
    close: () => close(server),
  };
}

interface Deferred<T> {
  promise: Promise<T>;
  resolve(value: T): void;
  reject(error: Error): void;
}

function promise<T>(): Deferred<T> {
  let settle: Pick<Deferred<T>, 'resolve' | 'reject'>;
  const made = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  made.catch(() => {}); // whoever waits is told; nobody may be waiting yet
  return { promise: made, ...settle! };
}

function failure(body: string): FunctionFailed {
  const { errorType, errorMessage } = JSON.parse(body) as { errorType: string; errorMessage: string };
  return new FunctionFailed(errorType, errorMessage);
}

function traceId(): string {
  const hex = (bytes: number) => randomBytes(bytes).toString('hex');
  return `Root=1-${hex(4)}-${hex(12)};Parent=${hex(8)};Sampled=0`;
}
