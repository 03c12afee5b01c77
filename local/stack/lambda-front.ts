/**
 * The local Lambda port: the Invoke API, and what Verger uses of Step Functions. An asynchronous invocation joins the queue that S3's events use;
 * a synchronous one runs at once and is answered.
 * @see https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { FailedInvocation, QueueCounts } from './async-queue.ts';
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

export interface QueueState extends QueueCounts {
  /** Photos that featurize has refused since the start. */
  refused: number;
  /** The first 100 that failed for good since the start, without their events. */
  failures: Omit<FailedInvocation, 'event'>[];
}

/** Not Lambda's: how far the asynchronous invocations are. */
export const QUEUE_PATH = '/local/queue';

/** Builds the server; it is not listening yet. */
export function createLambdaFront(front: LambdaFront): Server {
  return createServer((request, response) => {
    answer(front, request, response).catch((error) => {
      send(
        response,
        500,
        { Type: 'Service', Message: String(error) },
        { 'x-amzn-errortype': 'ServiceException' },
      );
    });
  });
}

async function answer(front: LambdaFront, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://local');
  if (request.method === 'GET' && pathname === QUEUE_PATH) return send(response, 200, front.queue());

  const target = String(request.headers['x-amz-target'] ?? '');
  if (target.startsWith('AWSStepFunctions.')) {
    return answerStepFunctions(front, target, await buffer(request), response);
  }

  const [, encodedName] = /^\/2015-03-31\/functions\/([^/]+)\/invocations\/?$/.exec(pathname) ?? [];
  const name = decodeURIComponent(encodedName ?? '').replace(/^arn:[^/]*:function:/, '');
  const functionKey = request.method === 'POST' ? front.functionKey(name) : undefined;
  if (functionKey === undefined)
    return refuse(response, 404, 'ResourceNotFound', `Function not found: ${name}`);

  const body = await buffer(request);
  const type = request.headers['x-amz-invocation-type'] ?? 'RequestResponse';
  const most = type === 'Event' ? MOST_ASYNCHRONOUS_BYTES : MOST_SYNCHRONOUS_BYTES;
  if (body.length > most) {
    return refuse(response, 413, 'RequestTooLarge', `${body.length} bytes; ${type} takes at most ${most}`);
  }
  const payload = body.length === 0 ? '{}' : body.toString();
  const event = parse(payload);
  if (event instanceof SyntaxError) return refuse(response, 400, 'InvalidRequestContent', event.message);

  switch (type) {
    case 'DryRun':
      return send(response, 204);
    case 'Event':
      front.enqueue(functionKey, event);
      return send(response, 202);
    case 'RequestResponse': {
      const context = request.headers['x-amz-client-context'];
      const clientContext =
        context === undefined ? undefined : parse(Buffer.from(String(context), 'base64').toString());
      return run(response, () => front.invoke(functionKey, payload, clientContext));
    }
    default:
      return refuse(response, 400, 'InvalidParameterValue', `Invocation type ${type} is not known`);
  }
}

function answerStepFunctions(
  { stepFunctions }: LambdaFront,
  target: string,
  body: Buffer,
  response: ServerResponse,
): void {
  try {
    const answer = stepFunctions?.answer(target, JSON.parse(body.toString()) as Record<string, unknown>);
    if (answer) send(response, 200, answer);
    else
      send(response, 400, { __type: 'UnknownOperationException', message: `${target} is not offered here` });
  } catch (error) {
    const { message } = error as Error;
    send(response, 400, { __type: /^\w+/.exec(message)?.[0] ?? 'ValidationException', message });
  }
}

/** Limits of the Invoke API. */
const MOST_SYNCHRONOUS_BYTES = 6 * 1024 * 1024;
const MOST_ASYNCHRONOUS_BYTES = 1024 * 1024;

async function run(response: ServerResponse, invoke: () => Promise<unknown>): Promise<void> {
  try {
    send(response, 200, (await invoke()) ?? null, { 'x-amz-executed-version': '$LATEST' });
  } catch (error) {
    const { message, stack = '' } = error as Error;
    const payload = { errorType: errorType(stack), errorMessage: message, trace: stack.split('\n') };
    send(response, 200, payload, { 'x-amz-function-error': 'Unhandled' });
  }
}

/** An error from another process has lost its class, not its stack. */
function errorType(stack: string): string {
  return /^(\w+)/.exec(stack)?.[1] ?? 'Error';
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch (error) {
    return error;
  }
}

function refuse(response: ServerResponse, status: number, type: string, message: string): void {
  send(response, status, { Type: 'User', Message: message }, { 'x-amzn-errortype': `${type}Exception` });
}

function send(
  response: ServerResponse,
  status: number,
  payload?: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(payload === undefined ? undefined : JSON.stringify(payload));
}
