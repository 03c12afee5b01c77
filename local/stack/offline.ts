/**
 * serverless-offline, made to behave as AWS and the rest of the local stack do: its events run in the local functions,
 * schedules through the queue; its HTTP port stands behind the guard and hands bodies on byte by byte.
 */
import type { IncomingMessage, Server } from 'node:http';
import hapi from '@hapi/hapi';
import Lambda from 'serverless-offline/lambda';
import { guard } from './guard.ts';
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

/** What is used here of hapi's server, with which serverless-offline listens. */
interface HapiServer {
  listener: Server;
  info: { port: number | string };
  start(): Promise<void>;
}

/**
 * Takes the HTTP port over. serverless-offline takes every body for text but those that say application/octet-stream,
 * where API Gateway hands on all but text as base64: a JPEG would come out broken. So each request that is not of a text
 * says that here.
 *
 * @param origins of the local stack: the port's own addresses are added
 * @param onListening is told the address
 */
export function takeOfflineHttp(origins: Set<string>, onListening: (address: string) => void): void {
  const prototype = Object.getPrototypeOf(new hapi.Server()) as HapiServer;
  const start = prototype.start;
  prototype.start = async function (this: HapiServer): Promise<void> {
    guard(this.listener, origins);
    this.listener.prependListener('request', sayBinary);
    await start.call(this);
    for (const name of ['127.0.0.1', 'localhost']) origins.add(`http://${name}:${this.info.port}`);
    onListening(`http://localhost:${this.info.port}`);
  };
}

function sayBinary({ method, headers }: IncomingMessage): void {
  const { 'content-type': type = '' } = headers;
  if (method === 'POST' && !TEXT.test(type)) headers['content-type'] = 'application/octet-stream';
}

/**
 * What API Gateway hands on as text.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
const TEXT = /^(text\/|application\/(json|javascript|xml|[\w.-]+\+(json|xml))\b)/i;
