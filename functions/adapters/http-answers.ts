/** What functions answer over HTTP, by API Gateway (payload 2.0). */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { HttpRequest } from './requests/http.ts';

export type Answer = APIGatewayProxyStructuredResultV2;

/** Headers of every answer. */
export const SAFE = {
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
  'strict-transport-security': 'max-age=31536000',
};

/** Not to be kept by anyone on the way. */
export function json(statusCode: number, value: unknown): Answer {
  const headers = { ...SAFE, 'content-type': 'application/json', 'cache-control': 'no-store' };
  return { statusCode, headers, body: JSON.stringify(value) };
}

/** What is wrong: a name for programs, a sentence, and what to do. */
export function failure(statusCode: number, reason: string, detail: string, advice: string): Answer {
  return json(statusCode, { reason, detail, advice });
}

/**
 * Holds a request to the token.
 *
 * @param tokenHash its SHA-256, hexadecimal; empty: none is asked for
 * @returns 401 where the request does not bear it
 */
export function unauthorized({ headers }: HttpRequest, tokenHash: string): Answer | undefined {
  if (tokenHash === '' || bears(headers.authorization, tokenHash)) return undefined;
  const answer = failure(
    401,
    'unauthorized',
    'The request bears no valid token.',
    'Send Authorization: Bearer TOKEN.',
  );
  return { ...answer, headers: { ...answer.headers, 'www-authenticate': 'Bearer' } };
}

/** In a time that does not tell how much of the token was right. */
function bears(authorization: string | undefined, tokenHash: string): boolean {
  const [, token = ''] = /^Bearer +(.+)$/i.exec(authorization ?? '') ?? [];
  return timingSafeEqual(createHash('sha256').update(token).digest(), Buffer.from(tokenHash, 'hex'));
}
