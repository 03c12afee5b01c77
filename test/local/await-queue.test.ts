import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { awaitQueue } from '../../local/run/await-queue.ts';

/** A queue in which something runs for ever. */
const server = createServer((_, response) =>
  response.end(
    JSON.stringify({ waiting: 0, running: 1, retrying: 0, succeeded: 0, failed: 0, failures: [] }),
  ),
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
