import { InvalidRequest } from '../../core/errors.ts';
import { preview } from '../../core/preview.ts';
import { isFields } from './fields.ts';

/** A request as API Gateway hands it over. */
export interface HttpRequest {
  method: string;
  path: string;
  /** By name in lower case. */
  headers: Record<string, string | undefined>;
  query: Record<string, string | undefined>;
  /** Length of the body. */
  bytes: number;
  body(): Uint8Array;
}

/**
 * Reads API Gateway's event of an HTTP API, payload version 2.0.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 * @throws InvalidRequest where it is none
 */
export function parseHttpRequest(event: unknown): HttpRequest {
  const context = isFields(event) && isFields(event.requestContext) ? event.requestContext : {};
  const { method } = isFields(context.http) ? context.http : {};
  if (!isFields(event) || typeof method !== 'string' || typeof event.rawPath !== 'string') {
    throw new InvalidRequest(`expected a request of an HTTP API, payload version 2.0, not ${preview(event)}`);
  }
  const { rawPath, headers, queryStringParameters, body, isBase64Encoded } = event;
  const text = typeof body === 'string' ? body : '';
  const coding = isBase64Encoded === true ? 'base64' : 'utf8';
  return {
    method,
    path: rawPath,
    headers: texts(headers),
    query: texts(queryStringParameters),
    bytes: Buffer.byteLength(text, coding),
    body: () => Buffer.from(text, coding),
  };
}

function texts(value: unknown): Record<string, string> {
  const entries = isFields(value) ? Object.entries(value) : [];
  return Object.fromEntries(
    entries.flatMap(([name, text]) => (typeof text === 'string' ? [[name.toLowerCase(), text]] : [])),
  );
}
