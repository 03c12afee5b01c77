import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import {
  answerIdentify,
  type HttpIdentifyPorts,
  MOST_BYTES,
} from '../../functions/adapters/http-identify.ts';
import { ModelMismatch, REFUSAL_REASONS, Refusal, type RefusalReason } from '../../functions/core/errors.ts';
import type { Identification } from '../../functions/core/identify/identify.ts';
import { NothingKnown } from '../../functions/core/identify/knowledge.ts';
import { renderPage } from '../../functions/page/page.ts';

const FOUND: Identification = {
  answer: 'Kiwi',
  known: true,
  confidence: 0.9,
  candidates: [{ label: 'Kiwi', probability: 0.9 }],
  neighbours: [{ key: 'Kiwi/1.jpg', label: 'Kiwi', similarity: 0.95 }],
  model: 'm@0',
  snapshot: 's',
  milliseconds: { decode: 1 },
};
const JPEG = Buffer.from([0xff, 0xd8, 0xff, 0xe0]);

test('a photo in the body is answered as JSON that nobody keeps', async () => {
  const { asked, answer } = setUp();
  const { statusCode, headers, body } = await answer(post(JPEG, { queryStringParameters: { views: '7' } }));
  assert.equal(statusCode, 200);
  assert.deepEqual(JSON.parse(String(body)), FOUND);
  assert.equal(headers?.['content-type'], 'application/json');
  assert.equal(headers?.['cache-control'], 'no-store');
  assert.deepEqual(asked, [{ photo: [...JPEG], views: 7 }]);
});

test('what is logged tells nothing of the photo', async () => {
  const { logged, answer } = setUp();
  await answer(post(JPEG));
  assert.deepEqual(logged, [
    ['identify', { status: 'identified', known: true, isSure: true, views: 1, milliseconds: { decode: 1 } }],
  ]);
});

test('GET / is the page, which may run its own script and speak to its own origin alone', async () => {
  const { answer } = setUp();
  const { statusCode, headers, body } = await answer(request('GET', '/'));
  assert.equal(statusCode, 200);
  assert.equal(headers?.['content-type'], 'text/html; charset=utf-8');
  const policy = String(headers?.['content-security-policy']);
  assert.match(policy, /^default-src 'none'; script-src 'sha256-[^' ]+'; style-src 'sha256-[^' ]+';/);
  assert.match(policy, /connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/);
  assert.match(String(body), /^<!DOCTYPE html>/);
});

test('a page whose script would end its element is not made', () => {
  for (const script of ['a("</script>")', 'b("<!--")'])
    assert.throws(() => renderPage(script), { code: 'BAD_BUNDLE' });
});

const REFUSALS: Record<RefusalReason, number> = {
  empty: 422,
  'too-many-bytes': 413,
  'too-many-pixels': 422,
  'unsupported-format': 415,
  corrupt: 422,
  unreadable: 422,
};
for (const reason of Object.keys(REFUSAL_REASONS) as RefusalReason[]) {
  test(`a photo refused as ${reason} is ${REFUSALS[reason]}, with reason, detail and advice`, async () => {
    const { answer } = setUp(() => {
      throw new Refusal(reason, 'What is wrong.');
    });
    const { statusCode, body } = await answer(post(Buffer.from('neither JPEG nor any other')));
    assert.equal(statusCode, REFUSALS[reason]);
    const { advice, ...rest } = JSON.parse(String(body));
    assert.deepEqual(rest, { reason, detail: 'What is wrong.' });
    assert.match(advice, /^[A-Z].*\.$/);
  });
}

test('a photo of a known format that is not decoded is refused, not called no photo', async () => {
  const { answer } = setUp(() => {
    throw new Refusal('unsupported-format', 'The JPEG is of a kind that is not decoded.');
  });
  assert.equal((await answer(post(JPEG))).statusCode, 422);
});

test('4.5 MB are taken, and a byte more is 413 without being looked at', async () => {
  const { asked, answer } = setUp();
  assert.equal((await answer(post(Buffer.alloc(MOST_BYTES)))).statusCode, 200);
  const { statusCode, body } = await answer(post(Buffer.alloc(MOST_BYTES + 1)));
  assert.equal(statusCode, 413);
  assert.match(JSON.parse(String(body)).detail, /has 4500001 bytes; the limit is 4500000/);
  assert.equal(asked.length, 1);
});

test('no snapshot, and one of another model, are 503 with what to do', async () => {
  for (const [error, reason] of [
    [new NothingKnown('there is no snapshot yet'), 'no-snapshot'],
    [new ModelMismatch('two models'), 'other-model'],
  ] as const) {
    const { answer } = setUp(() => {
      throw error;
    });
    const { statusCode, body } = await answer(post(JPEG));
    assert.equal(statusCode, 503);
    const told = JSON.parse(String(body));
    assert.equal(told.reason, reason);
    assert.equal(told.detail, error.message);
    assert.match(told.advice, /reduce/);
  }
});

test('what is not the request’s fault is thrown, for the platform to count and an alarm to tell', async () => {
  const { answer } = setUp(() => {
    throw new Error('S3 is away');
  });
  await assert.rejects(answer(post(JPEG)), /S3 is away/);
});

test('a token is asked for where there is one, of photos alone', async () => {
  const token = 'a-token-of-24-characters';
  const { asked, answer } = setUp(undefined, createHash('sha256').update(token).digest('hex'));
  const status = async (authorization?: string) =>
    (
      await answer(
        post(JPEG, { headers: { ...(authorization !== undefined && { Authorization: authorization }) } }),
      )
    ).statusCode;
  for (const wrong of [
    undefined,
    '',
    token,
    `Basic ${token}`,
    `Bearer ${token}x`,
    'Bearer ',
    `Bearer ${token.slice(0, -1)}`,
  ]) {
    assert.equal(await status(wrong), 401, wrong);
  }
  assert.equal(asked.length, 0);
  const { headers } = await answer(post(JPEG));
  assert.equal(headers?.['www-authenticate'], 'Bearer');
  assert.equal(await status(`Bearer ${token}`), 200);
  assert.equal(await status(`bearer  ${token}`), 200);
  assert.equal((await answer(request('GET', '/'))).statusCode, 200);
});

test('another address is 404, what is no request 400, and neither is worked at', async () => {
  const { asked, answer } = setUp();
  for (const [method, path] of [
    ['GET', '/identify'],
    ['POST', '/'],
    ['PUT', '/identify'],
    ['GET', '/../etc'],
  ] as const) {
    assert.equal((await answer(request(method, path))).statusCode, 404, `${method} ${path}`);
  }
  for (const event of [
    undefined,
    null,
    1,
    'x',
    [],
    {},
    { requestContext: {} },
    { requestContext: { http: { method: 1 } }, rawPath: '/' },
  ]) {
    const { statusCode, body } = await answer(event);
    assert.equal(statusCode, 400);
    assert.match(JSON.parse(String(body)).detail, /^expected a request of an HTTP API/);
  }
  const { statusCode, body } = await answer(post(JPEG, { queryStringParameters: { views: '9' } }));
  assert.equal(statusCode, 400);
  assert.equal(JSON.parse(String(body)).detail, 'views should be 1 or 7, is 9');
  assert.equal(asked.length, 0);
});

test('a request without a body brings an empty photo', async () => {
  const { asked, answer } = setUp();
  await answer(request('POST', '/identify'));
  await answer({ ...request('POST', '/identify'), body: null });
  assert.deepEqual(asked, [
    { photo: [], views: 1 },
    { photo: [], views: 1 },
  ]);
});

function request(method: string, rawPath: string): object {
  return { version: '2.0', rawPath, headers: {}, requestContext: { http: { method } } };
}

function post(photo: Buffer, more: object = {}): object {
  return { ...request('POST', '/identify'), body: photo.toString('base64'), isBase64Encoded: true, ...more };
}

function setUp(identify: () => Identification = () => FOUND, tokenHash = '') {
  const asked: { photo: number[]; views: number }[] = [];
  const logged: unknown[][] = [];
  const ports: HttpIdentifyPorts = {
    async identify(photo, views) {
      asked.push({ photo: photo.length > 100 ? [photo.length] : [...photo], views });
      return identify();
    },
    page: renderPage('0'),
    tokenHash,
    log: { info: (...entry) => logged.push(entry), warn() {} },
  };
  return { asked, logged, answer: (event: unknown) => answerIdentify(event, ports) };
}
