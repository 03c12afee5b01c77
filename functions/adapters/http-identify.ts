/** Identify over HTTP: API Gateway's event (payload 2.0) → an answer, or a status that says what is wrong. */
import { InvalidRequest, ModelMismatch, Refusal } from '../core/errors.ts';
import type { Identification } from '../core/identify/identify.ts';
import { NothingKnown } from '../core/identify/knowledge.ts';
import { ADVICE } from '../core/identify/refusal-advice.ts';
import { parseViews, type ViewCount } from '../core/identify/views.ts';
import { recognizeFormat } from '../core/photo/photo-header.ts';
import type { Log } from '../core/ports.ts';
import { type Answer, failure, json, SAFE, unauthorized } from './http-answers.ts';
import { type HttpRequest, parseHttpRequest } from './requests/http.ts';

export interface HttpIdentifyPorts {
  identify(photo: Uint8Array, views: ViewCount): Promise<Identification>;
  /** The page, and what may run in it (Content-Security-Policy). */
  page: { html: string; policy: string };
  /** SHA-256 of the token that a request must bear, hexadecimal; empty: none. */
  tokenHash: string;
  log: Log;
}

/** The most that fits into an invocation of Lambda, whose 6 MB hold it as base64. */
export const MOST_BYTES = 4_500_000;

/**
 * Answers `GET /` with the page and `POST /identify` with the identification of the photo in its body.
 *
 * What is wrong is told as `{ reason, detail, advice }`: 400 what is no request, 401 no token, 404 no such address, 413 a photo of
 * over 4.5 MB, 415 what is no photo, 422 a photo that is refused, 503 no snapshot to answer from. What else fails is thrown.
 */
export async function answerIdentify(event: unknown, ports: HttpIdentifyPorts): Promise<Answer> {
  try {
    const request = parseHttpRequest(event);
    const route = `${request.method} ${request.path}`;
    if (route === 'GET /') return pageOf(ports);
    if (route === 'POST /identify') return await answerPhoto(request, ports);
    return failure(404, 'no-such-address', `There is no ${route} here.`, 'POST a photo to /identify.');
  } catch (error) {
    if (!(error instanceof InvalidRequest)) throw error;
    return failure(400, 'invalid-request', error.message, 'POST the bytes of one photo to /identify.');
  }
}

async function answerPhoto(request: HttpRequest, ports: HttpIdentifyPorts): Promise<Answer> {
  const { tokenHash, log } = ports;
  const refused = unauthorized(request, tokenHash);
  if (refused) return refused;
  const views = parseViews(request.query.views);
  if (request.bytes > MOST_BYTES) {
    const detail = `The photo has ${request.bytes} bytes; the limit is ${MOST_BYTES}.`;
    return failure(413, 'too-many-bytes', detail, ADVICE['too-many-bytes']);
  }
  const photo = request.body();
  try {
    const found = await ports.identify(photo, views);
    const { known, answer, milliseconds } = found;
    log.info('identify', { status: 'identified', known, isSure: answer !== null, views, milliseconds });
    return json(200, found);
  } catch (error) {
    const answer = explain(error, photo);
    if (answer === undefined) throw error;
    log.info('identify', { status: answer.statusCode, reason: JSON.parse(answer.body ?? '{}').reason });
    return answer;
  }
}

/** Undefined for what is not the request's fault, nor the snapshot's. */
function explain(error: unknown, photo: Uint8Array): Answer | undefined {
  if (error instanceof Refusal) {
    const { reason, message } = error;
    return failure(statusOf(error, photo), reason, message, ADVICE[reason]);
  }
  if (error instanceof NothingKnown) {
    return failure(
      503,
      'no-snapshot',
      error.message,
      'Upload photos in folders named for what they show, and invoke reduce.',
    );
  }
  if (error instanceof ModelMismatch) {
    return failure(
      503,
      'other-model',
      error.message,
      'Run backfill and reduce with the model that is deployed.',
    );
  }
  return undefined;
}

function statusOf({ reason }: Refusal, photo: Uint8Array): number {
  if (reason === 'too-many-bytes') return 413;
  return reason === 'unsupported-format' && recognizeFormat(photo) === undefined ? 415 : 422;
}

function pageOf({ page }: HttpIdentifyPorts): Answer {
  const headers = {
    ...SAFE,
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-cache',
    'content-security-policy': page.policy,
    'permissions-policy': 'camera=(self), microphone=(), geolocation=()',
    'referrer-policy': 'no-referrer',
  };
  return { statusCode: 200, headers, body: page.html };
}
