/**
 * The local Lambda port: the Invoke API, and what Verger uses of Step Functions. An asynchronous invocation joins the
 * queue that S3's events use; a synchronous one runs at once and is answered.
 * @see https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { QueueState } from './async-queue.ts';
import type { StepFunctions } from './step-functions.ts';

export interface LambdaFront {
  /** Undefined where no function has that full name. */
  functionKey(functionName: string): string | undefined;
  /** @param payload the event as JSON */
  invoke(functionKey: string, payload: string, clientContext?: unknown): Promise<unknown>;
  enqueue(functionKey: string, event: unknown): void;
  /** Answered at `QUEUE_PATH`. */
  queue(): QueueState;
  stepFunctions?: Pick<StepFunctions, 'answer'>;
}

/** Not Lambda's: how far the asynchronous invocations are. */
export const QUEUE_PATH = '/local/queue';

interface Answer {
  status: number;
  /** Sent as JSON. */
  payload?: unknown;
  headers?: Record<string, string>;
}

/** Builds the server; it is not listening yet. */
export function createLambdaFront(front: LambdaFront): Server {
  return createServer(async (request, response) => {
    const { status, payload, headers } = await answer(front, request).catch((error) =>
      refuse(500, 'Service', String(error), 'Service'),
    );
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(payload === undefined ? undefined : JSON.stringify(payload));
  });
}

async function answer(front: LambdaFront, request: IncomingMessage): Promise<Answer> {
  const { method, url = '/', headers } = request;
  const { pathname } = new URL(url, 'http://local');
  if (method === 'GET' && pathname === QUEUE_PATH) return { status: 200, payload: front.queue() };

  const target = String(headers['x-amz-target'] ?? '');
  if (target.startsWith('AWSStepFunctions.'))
    return answerStepFunctions(front, target, (await buffer(request)).toString());

  const [, encodedName] = /^\/2015-03-31\/functions\/([^/]+)\/invocations\/?$/.exec(pathname) ?? [];
  const name = decodeURIComponent(encodedName ?? '').replace(/^arn:[^/]*:function:/, '');
  const functionKey = method === 'POST' ? front.functionKey(name) : undefined;
  if (functionKey === undefined) return refuse(404, 'ResourceNotFound', `Function not found: ${name}`);

  const body = await buffer(request);
  const type = String(headers['x-amz-invocation-type'] ?? 'RequestResponse');
  const most = type === 'Event' ? MOST_ASYNCHRONOUS_BYTES : MOST_SYNCHRONOUS_BYTES;
  if (body.length > most)
    return refuse(413, 'RequestTooLarge', `${body.length} bytes; ${type} takes at most ${most}`);
  const payload = body.length === 0 ? '{}' : body.toString();
  const event = parse(payload);
  if (event instanceof SyntaxError) return refuse(400, 'InvalidRequestContent', event.message);

  if (type === 'DryRun') return { status: 204 };
  if (type === 'Event') {
    front.enqueue(functionKey, event);
    return { status: 202 };
  }
  if (type !== 'RequestResponse')
    return refuse(400, 'InvalidParameterValue', `Invocation type ${type} is not known`);
  const context = Buffer.from(String(headers['x-amz-client-context'] ?? ''), 'base64').toString();
  return run(() => front.invoke(functionKey, payload, context ? parse(context) : undefined));
}

function answerStepFunctions({ stepFunctions }: LambdaFront, target: string, body: string): Answer {
  try {
    if (!stepFunctions) throw new Error('UnknownOperationException: there are no state machines here');
    return { status: 200, payload: stepFunctions.answer(target, JSON.parse(body)) };
  } catch (error) {
    const { message } = error as Error;
    return { status: 400, payload: { __type: /^\w+/.exec(message)?.[0] ?? 'ValidationException', message } };
  }
}

/** Limits of the Invoke API. */
const MOST_SYNCHRONOUS_BYTES = 6 * 1024 * 1024;
const MOST_ASYNCHRONOUS_BYTES = 1024 * 1024;

async function run(invoke: () => Promise<unknown>): Promise<Answer> {
  try {
    const headers = { 'x-amz-executed-version': '$LATEST' };
    return { status: 200, payload: (await invoke()) ?? null, headers };
  } catch (error) {
    const { message, stack = '' } = error as Error;
    // An error from another process has lost its class, not its stack.
    const errorType = /^(\w+)/.exec(stack)?.[1] ?? 'Error';
    const payload = { errorType, errorMessage: message, trace: stack.split('\n') };
    return { status: 200, payload, headers: { 'x-amz-function-error': 'Unhandled' } };
  }
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch (error) {
    return error;
  }
}

function refuse(status: number, code: string, Message: string, Type = 'User'): Answer {
  return { status, payload: { Type, Message }, headers: { 'x-amzn-errortype': `${code}Exception` } };
}
