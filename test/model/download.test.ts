import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { ContractBroken, VergerError } from '../../functions/core/errors.ts';
import { downloadFiles } from '../../model/download.ts';

/** Twenty files of 1 kB each. */
const contents = new Map(
  Array.from({ length: 20 }, (_, i) => [`file-${String(i).padStart(2, '0')}.npy`, Buffer.alloc(1000, i + 1)]),
);
const files = [...contents].map(([file, content]) => ({
  file,
  bytes: content.length,
  sha256: createHash('sha256').update(content).digest('hex'),
}));

let into: string;
let asked: string[];
let answer: (name: string, response: ServerResponse) => void;
let baseUrl: string;
const server = createServer((request: IncomingMessage, response) => {
  const name = request.url!.replace('/weights/', '');
  asked.push(name);
  answer(name, response);
});
const serve = (name: string, response: ServerResponse) => void response.end(contents.get(name));

beforeEach(async () => {
  into = await mkdtemp(join(tmpdir(), 'verger-download-'));
  asked = [];
  answer = serve;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/weights/`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(into, { recursive: true });
});

async function assertComplete() {
  assert.deepEqual((await readdir(into)).sort(), [...contents.keys()]);
  for (const [name, content] of contents) assert.deepEqual(await readFile(join(into, name)), content);
}

test('every file is fetched once, and a second run asks for nothing', async () => {
  const progress: [number, number][] = [];
  await downloadFiles(files, { baseUrl, into, onProgress: (...step) => progress.push(step) });
  await assertComplete();
  assert.deepEqual([...asked].sort(), [...contents.keys()]);
  assert.deepEqual(
    progress,
    Array.from({ length: 21 }, (_, i) => [i * 1000, 20_000]),
  );
  await downloadFiles(files, { baseUrl, into });
  assert.equal(asked.length, 20);
});

test('a stopped download goes on where it was: only what is missing is asked for again', async () => {
  answer = (name, response) => {
    if (asked.length > 8) response.statusCode = 404;
    serve(name, response);
  };
  await assert.rejects(downloadFiles(files, { baseUrl, into }), (error) => {
    assert.ok(error instanceof VergerError && error.code === 'DOWNLOAD_FAILED');
    assert.match(error.message, /weights\/file-\d\d\.npy cannot be fetched: HTTP status 404$/);
    return true;
  });
  const kept = await readdir(into);
  assert.ok(kept.length >= 1 && kept.length <= 8, `${kept.length} files kept`);
  asked = [];
  answer = serve;
  await downloadFiles(files, { baseUrl, into });
  await assertComplete();
  assert.equal(asked.length, 20 - kept.length);
  assert.deepEqual(
    asked.filter((name) => kept.includes(name)),
    [],
  );
});

test('a file cut off half-way is not taken for whole, and is tried again', async () => {
  let isFirst = true;
  answer = (name, response) => {
    if (name !== 'file-03.npy' || !isFirst) return serve(name, response);
    isFirst = false;
    response.setHeader('content-length', 1000);
    response.write(contents.get(name)!.subarray(0, 500), () => response.destroy());
  };
  await downloadFiles(files, { baseUrl, into });
  await assertComplete();
  assert.equal(asked.filter((name) => name === 'file-03.npy').length, 2);
});

test('a file that is not the published one is refused by name and does not enter the folder', async () => {
  answer = (name, response) => {
    if (name === 'file-05.npy') response.end('<html>Please log in</html>');
    else serve(name, response);
  };
  await assert.rejects(downloadFiles(files, { baseUrl, into }), (error) => {
    assert.ok(error instanceof ContractBroken);
    assert.match(error.message, /^file-05\.npy from http.* is not the published file: 26 bytes with SHA-256/);
    assert.ok(error.message.includes(files[5]!.sha256));
    return true;
  });
  assert.ok(!(await readdir(into)).some((name) => name.startsWith('file-05')));
});

test('a file in the folder that is damaged or half written is fetched again', async () => {
  await downloadFiles(files, { baseUrl, into });
  await writeFile(join(into, 'file-00.npy'), contents.get('file-00.npy')!.subarray(0, 999));
  await writeFile(join(into, 'file-19.npy'), Buffer.alloc(1000, 99));
  asked = [];
  await downloadFiles(files, { baseUrl, into });
  assert.deepEqual(asked.sort(), ['file-00.npy', 'file-19.npy']);
  await assertComplete();
});

test('at most six files are asked for at once', async () => {
  let open = 0;
  let most = 0;
  answer = (name, response) => {
    most = Math.max(most, ++open);
    setTimeout(() => {
      open--;
      serve(name, response);
    }, 10);
  };
  await downloadFiles(files, { baseUrl, into });
  assert.equal(most, 6);
});

test('an address that accepts and never answers is asked for one file, once', async () => {
  answer = () => {};
  const limits = { timeout: 600_000, firstTimeout: 50 };
  await assert.rejects(downloadFiles(files, { baseUrl, into, ...limits }), /aborted due to timeout/);
  assert.equal(asked.length, 1);
});

test('an address that falls silent after the first file is asked three times for another', async () => {
  answer = (name, response) => {
    if (asked.length === 1) serve(name, response);
  };
  await assert.rejects(
    downloadFiles(files.slice(0, 2), { baseUrl, into, timeout: 50 }),
    /aborted due to timeout/,
  );
  assert.equal(asked.length, 4);
  assert.equal((await readdir(into)).length, 1);
});
