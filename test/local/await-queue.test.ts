import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { awaitQueue } from '../../local/run/await-queue.ts';

/** Of the queue: by default something runs for ever. */
let running = 1;
const server = createServer((_, response) =>
  response.end(JSON.stringify({ waiting: 0, running, retrying: 0, succeeded: 0, failed: 0, failures: [] })),
);
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
after(() => {
  server.closeAllConnections();
  server.close();
});

test('an upload that fails ends the wait for the queue, with what it says', async () => {
  const { port } = server.address() as AddressInfo;
  let asked = 0;
  const waiting = awaitQueue(
    `http://127.0.0.1:${port}`,
    new Promise<void>((_, reject) => setTimeout(() => reject(new Error('PUT was answered 507')), 50)),
    () => asked++,
  );
  await assert.rejects(waiting, /^Error: PUT was answered 507$/);
  const until = asked;
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.equal(asked, until, 'the queue is still asked');
});

test('where nothing is uploaded and the queue is empty, nothing is waited for', {
  timeout: 20_000,
}, async (t) => {
  running = 0;
  t.after(() => {
    running = 1;
  });
  t.mock.timers.enable({ apis: ['setTimeout'] }); // a pause would never be over
  const { port } = server.address() as AddressInfo;
  const state = await awaitQueue(`http://127.0.0.1:${port}`, Promise.resolve(), () => {});
  assert.equal(state.running, 0);
});
