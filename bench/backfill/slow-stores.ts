/** A process of its own: S3's GetObject, DynamoDB's PutItem and BatchGetItem, each answered after so many milliseconds. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';

interface Settings {
  delays: Record<'GetObject' | 'PutItem' | 'BatchGetItem', number>;
  photos: { path: string; key: string }[];
}

const [{ delays, photos }] = (await once(process, 'message')) as [Settings];
const objects = new Map<string, Buffer>();
for (const { path, key } of photos) objects.set(key, await readFile(path));

const server = createServer(async (request, response) => {
  await buffer(request);
  const operation = String(request.headers['x-amz-target'] ?? '').split('.')[1] ?? 'GetObject';
  await setTimeout(delays[operation as keyof typeof delays]);
  if (operation === 'GetObject') {
    const key = decodeURIComponent(
      new URL(request.url ?? '', 'http://s3').pathname.replace(/^\/photos\//, ''),
    );
    response.end(objects.get(key));
  } else {
    response.setHeader('content-type', 'application/x-amz-json-1.0');
    response.end(operation === 'BatchGetItem' ? '{"Responses":{"features":[]}}' : '{}');
  }
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
process.on('disconnect', () => process.exit());
