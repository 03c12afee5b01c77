/** A worker that runs nothing but the model, over photos decoded beforehand. */
import { readFile } from 'node:fs/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { openSession } from '../../functions/adapters/onnx.ts';
import { decodePhoto } from '../../functions/core/photo/photo.ts';
import type { Pixels } from '../../functions/core/ports.ts';

const { model, paths } = workerData as { model: string; paths: string[] };
const session = await openSession(model);
const photos: Pixels[] = [];
for (const path of paths) {
  const limits = { maxBytes: Number.MAX_SAFE_INTEGER, maxPixels: 1e9 };
  photos.push((await decodePhoto(await readFile(path), limits)).pixels);
}
for (const pixels of photos.slice(0, 50)) await session.run(pixels);

parentPort?.on('message', async () => {
  for (const pixels of photos) await session.run(pixels);
  parentPort?.postMessage('done');
});
parentPort?.postMessage('ready');
