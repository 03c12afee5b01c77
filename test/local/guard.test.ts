/** Who may use the local stack, and what a client cannot do to it. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { DynamoDBClient, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { type Stack, startStack } from '../../local/stack/start-stack.ts';
import { launchChromium, NEEDS_CHROMIUM } from '../chromium.ts';
import { fakeServerless } from './fake-serverless.ts';
import { makeFolder } from './folder.ts';

const folder = makeFolder();
const seen = join(folder, 'seen');
const HANDLER = `exports.handler = async () => require('node:fs').appendFileSync(${JSON.stringify(seen)}, 'x');`;
let stack: Stack;
let ports: { s3: number; dynamodb: number; lambda: number };
const PHOTO = '/test-photos-local/in/a.jpg';
const INVOKE = '/2015-03-31/functions/test-reduce/invocations';

before(async () => {
  stack = await startStack(fakeServerless({ folder, handler: HANDLER, rules: [{ prefix: 'none' }] }));
  const { s3, dynamodb, lambda } = stack.endpoints;
  ports = { s3: portOf(s3), dynamodb: portOf(dynamodb), lambda: portOf(lambda) };
  assert.equal((await fetch(s3 + PHOTO, { method: 'PUT', body: 'photo' })).status, 200);
  const client = new DynamoDBClient({ endpoint: dynamodb });
  await client.send(new PutItemCommand({ TableName: 'test-features', Item: { photo: { S: 'secret' } } }));
  client.destroy();
});
after(() => stack.stop());

function portOf(address: string): number {
  return Number(new URL(address).port);
}

interface Answer {
  status: number;
  headers: Record<string, unknown>;
  body: string;
}

/** One request, with any headers. */
function ask(
  port: number,
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, method, headers }, async (response) => {
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: await text(response) });
    })
      .on('error', reject)
      .end();
  });
}

/** Each port answers what it should. */
async function assertAnswers(): Promise<void> {
  assert.equal((await ask(ports.s3, PHOTO)).body, 'photo');
  assert.match((await ask(ports.dynamodb, '/')).body, /healthy/);
  assert.match((await ask(ports.lambda, '/local/queue')).body, /"waiting":0/);
}

const FOREIGN: Record<string, string>[] = [
  { host: 'evil.example' },
  { host: 'localhost.evil.example' },
  { host: '127.0.0.1.evil.example:80' },
  { host: '192.168.0.1' },
  { host: '0.0.0.0' },
  { origin: 'https://evil.example' },
  { origin: 'null' },
  { origin: 'http://127.0.0.1:1' },
  { origin: 'http://localhost' },
  { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
  { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors' },
];
for (const headers of FOREIGN) {
  test(`a request with ${JSON.stringify(headers)} is refused on all three ports`, async () => {
    for (const [port, path] of [
      [ports.s3, PHOTO],
      [ports.dynamodb, '/'],
      [ports.lambda, '/local/queue'],
    ] as const) {
      const { status, body, headers: answered } = await ask(port, path, headers);
      assert.equal(status, 403);
      assert.match(body, /^the local stack answers programs of this machine only: .+\n$/);
      assert.equal(answered['access-control-allow-origin'], undefined);
    }
  });
}

test('a request that names no host is refused', async () => {
  for (const port of Object.values(ports)) {
    const answer = text(await send(port, 'GET / HTTP/1.0\r\n\r\n'));
    assert.match(await answer, /^HTTP\/1\.1 403 /);
  }
});

test('programs of this machine are answered under each of its names', async () => {
  for (const host of [
    '127.0.0.1',
    `127.0.0.1:${ports.s3}`,
    'localhost',
    'LocalHost:1',
    '127.9.9.9',
    '[::1]:80',
  ]) {
    assert.equal((await ask(ports.s3, PHOTO, { host })).status, 200, host);
  }
  const virtual = { host: `test-photos-local.localhost:${ports.s3}` };
  assert.equal((await ask(ports.s3, '/in/a.jpg', virtual)).body, 'photo');
  const navigation = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
  assert.equal((await ask(ports.s3, PHOTO, navigation)).status, 200, 'a link may be followed');
});

test('pages of the stack itself may ask all three ports, and are told so beforehand', async () => {
  for (const port of Object.values(ports)) {
    for (const origin of [`http://127.0.0.1:${ports.s3}`, `http://localhost:${ports.lambda}`]) {
      const asks = {
        origin,
        'access-control-request-method': 'PUT',
        'access-control-request-headers': 'content-type,x-amz-meta-by',
      };
      const { status, headers } = await ask(port, PHOTO, asks, 'OPTIONS');
      assert.equal(status, 204);
      assert.equal(headers['access-control-allow-origin'], origin);
      assert.equal(headers['access-control-allow-methods'], 'PUT');
      assert.equal(headers['access-control-allow-headers'], 'content-type,x-amz-meta-by');
    }
    const foreign = { origin: 'https://evil.example', 'access-control-request-method': 'PUT' };
    assert.equal((await ask(port, PHOTO, foreign, 'OPTIONS')).status, 403);
  }
  const read = await ask(ports.s3, PHOTO, { origin: `http://127.0.0.1:${ports.lambda}` });
  assert.equal(read.headers['access-control-allow-origin'], `http://127.0.0.1:${ports.lambda}`);
  assert.equal(read.headers['access-control-expose-headers'], '*');
});

/** Opens a connection and sends a text, which is then left as it is. */
async function send(port: number, begin: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  await new Promise((resolve) => socket.once('connect', resolve));
  await new Promise((resolve) => socket.write(begin, resolve));
  return socket;
}

const HALVES: [what: string, begin: string][] = [
  ['a head', 'POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-le'],
  ['a body', `PUT ${PHOTO} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 100\r\n\r\nhalf`],
  [
    'a body in chunks',
    'POST / HTTP/1.1\r\nhost: 127.0.0.1\r\nx-amz-target: DynamoDB_20120810.Scan\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhalf',
  ],
  ['an invocation', `POST ${INVOKE} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 100\r\n\r\n{`],
  [
    'a form',
    'POST /test-photos-local HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: multipart/form-data; boundary=x\r\ncontent-length: 100\r\n\r\n--x',
  ],
];
for (const [what, begin] of HALVES) {
  test(`a client that hangs up in the middle of ${what} ends nothing, on any port`, async () => {
    for (const port of Object.values(ports)) {
      (await send(port, begin)).end();
      const socket = await send(port, begin);
      await setTimeout(20);
      socket.resetAndDestroy();
    }
    await setTimeout(50);
    await assertAnswers();
  });
}

test('a client that hangs up in the middle of an answer ends nothing', async () => {
  const large = Buffer.alloc(8_000_000, 'verger ');
  assert.equal(
    (await fetch(`${stack.endpoints.s3}${PHOTO}-large`, { method: 'PUT', body: large })).status,
    200,
  );
  for (const [port, begin] of [
    [ports.s3, `GET ${PHOTO}-large HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`],
    [ports.lambda, `POST ${INVOKE} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 2\r\n\r\n{}`],
  ] as const) {
    const socket = await send(port, begin);
    await setTimeout(10);
    socket.resetAndDestroy();
  }
  await setTimeout(100);
  await assertAnswers();
});

test('garbage ends nothing', async () => {
  const garbage = [
    '\0\xff\xfe',
    'GET',
    'GET / HTTP/9.9\r\n\r\n',
    '\r\n'.repeat(100),
    `GET / HTTP/1.1\r\n${'a: b\r\n'.repeat(20_000)}`,
    'GET http://[ HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n',
    'GET //%ff HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n',
    'POST /2015-03-31/functions/%ff/invocations HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 0\r\n\r\n',
    'CONNECT a:1 HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n',
    'GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n',
  ];
  for (const port of Object.values(ports)) {
    for (const begin of garbage) (await send(port, begin)).end();
    for (const body of ['null', '[]', '{', '1']) {
      const headers = {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': 'DynamoDB_20120810.GetItem',
        authorization: 'AWS4-HMAC-SHA256 Credential=a, SignedHeaders=b, Signature=c',
        'x-amz-date': 'd',
      };
      const { status } = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers, body });
      assert.ok(status >= 400 && status < 500, `${status}`);
    }
  }
  await setTimeout(50);
  await assertAnswers();
});

test('200 connections that say nothing keep nobody else from being answered', async () => {
  const idle = await Promise.all(
    Object.values(ports).flatMap((port) =>
      Array.from({ length: 200 }, (_, n) => send(port, n % 2 ? 'GET' : ' ')),
    ),
  );
  await assertAnswers();
  for (const socket of idle) socket.destroy();
});

/** What a page of an attacker tries: to read the table, to delete a photo, to start a function, to show a photo. */
const ATTACK = async ({ s3, dynamodb, lambda, key, invoke }: Record<string, string>) => {
  const headers = { 'x-amz-target': 'DynamoDB_20120810.Scan', 'content-type': 'application/x-amz-json-1.0' };
  const table = JSON.stringify({ TableName: 'test-features' });
  const tries = [
    fetch(dynamodb!, { method: 'POST', headers, body: table }),
    fetch(dynamodb!, { method: 'POST', mode: 'no-cors', body: table }),
    fetch(s3! + key, { method: 'DELETE' }),
    fetch(s3! + key),
    fetch(`${s3}/test-photos-local?delete`, {
      method: 'POST',
      mode: 'no-cors',
      body: '<Delete><Object><Key>in/a.jpg</Key></Object></Delete>',
    }),
    fetch(lambda! + invoke, { method: 'POST', body: '{}' }),
    fetch(lambda! + invoke, { method: 'POST', mode: 'no-cors', body: '{}' }),
  ];
  const answers = (await Promise.allSettled(tries)).map((answer) =>
    answer.status === 'rejected' ? 'rejected' : answer.value.type,
  );
  const image = new (globalThis as unknown as { Image: new () => EventTarget & { src: string } }).Image();
  const shown = new Promise<boolean>((resolve) => {
    image.addEventListener('load', () => resolve(true));
    image.addEventListener('error', () => resolve(false));
  });
  image.src = `${s3}/test-photos-local/picture.svg`;
  return { answers, isShown: await shown };
};

test(
  'a page of another origin reads nothing, deletes nothing and starts nothing; a page of the stack does',
  NEEDS_CHROMIUM,
  async (t) => {
    const { s3, dynamodb, lambda } = stack.endpoints;
    const picture = '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>';
    await fetch(`${s3}/test-photos-local/picture.svg`, {
      method: 'PUT',
      body: picture,
      headers: { 'content-type': 'image/svg+xml' },
    });
    await fetch(`${s3}/test-photos-local/page.html`, {
      method: 'PUT',
      body: '<p>page',
      headers: { 'content-type': 'text/html' },
    });
    const attacker = createServer((_, response) =>
      response.setHeader('content-type', 'text/html').end('<p>attack'),
    );
    await new Promise<void>((resolve) => attacker.listen(0, '127.0.0.1', resolve));
    const { port } = attacker.address() as AddressInfo;
    const browser = await launchChromium('--host-resolver-rules=MAP evil.example 127.0.0.1');
    t.after(async () => {
      await browser.close();
      attacker.close();
    });
    const visit = async (address: string) => {
      const page = await browser.newPage();
      const visited = await page.goto(address);
      const result = await page.evaluate(ATTACK, { s3, dynamodb, lambda, key: PHOTO, invoke: INVOKE });
      return { status: visited?.status(), ...result };
    };
    writeFileSync(seen, '');

    for (const name of ['127.0.0.1', 'localhost', 'evil.example']) {
      const { answers, isShown } = await visit(`http://${name}:${port}/`);
      assert.ok(
        answers.every((answer) => answer === 'rejected' || answer === 'opaque'),
        `${name}: ${answers}`,
      );
      assert.equal(isShown, false);
    }
    // DNS that leads the attacker's own name here: the page and what it asks for are of one origin.
    const rebound = await visit(`http://evil.example:${ports.s3}${PHOTO}`);
    assert.equal(rebound.status, 403);
    assert.equal((await ask(ports.s3, PHOTO)).body, 'photo', 'the photo is gone');
    assert.equal((await ask(ports.lambda, '/local/queue')).body.includes('"succeeded":0'), true);
    assert.equal(readFileSync(seen, 'utf8'), '', 'a function was started');

    const own = await visit(`${s3}/test-photos-local/page.html`);
    assert.deepEqual(own.answers.slice(2, 4), ['basic', 'basic']);
    assert.equal(own.answers[5], 'cors');
    assert.equal(own.isShown, true);
    assert.equal((await ask(ports.s3, PHOTO)).status, 404);
    assert.notEqual(readFileSync(seen, 'utf8'), '');
  },
);

test('the table still holds what it held', async () => {
  const client = new DynamoDBClient({ endpoint: stack.endpoints.dynamodb });
  const { Items } = await client.send(new ScanCommand({ TableName: 'test-features' }));
  client.destroy();
  assert.deepEqual(Items, [{ photo: { S: 'secret' } }]);
});
