import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { doMainJob } from '../../local/run/main-job.ts';
import { findPhotos } from '../../local/run/photos.ts';
import { startStack } from '../../local/stack/start-stack.ts';
import { fakeServerless } from './fake-serverless.ts';
import { makeFolder } from './folder.ts';

/** Does the main job over two photos, with one handler for all functions. */
async function doJob(handler: string): Promise<{ out: string; error: Error | undefined }> {
  const folder = makeFolder();
  mkdirSync(join(folder, 'photos'));
  for (const name of ['a.jpg', 'b.jpg']) writeFileSync(join(folder, 'photos', name), name);
  const stack = await startStack(fakeServerless({ folder, handler }));
  const out = join(folder, 'out');
  try {
    const { photos } = await findPhotos(join(folder, 'photos'));
    await doMainJob(stack, photos, { out, reduce: {}, keep: false }, 'model');
    return { out, error: undefined };
  } catch (error) {
    return { out, error: error as Error };
  } finally {
    await stack.stop();
  }
}

test('invocations that fail for good end the job, with what they said', async () => {
  const { out, error } = await doJob(
    'exports.handler = async () => { throw new Error("the store is away"); };',
  );
  assert.match(error?.message ?? '', /^2 invocations failed for good:\nfeaturize: the store is away$/);
  assert.ok(!existsSync(out));
});

test('photos that are neither featurized nor refused end the job, by name', async () => {
  const { out, error } = await doJob('exports.handler = async () => {};');
  assert.match(
    error?.message ?? '',
    /^2 of 2 photos are neither featurized nor refused, among them:\na\.jpg\nb\.jpg$/,
  );
  assert.ok(!existsSync(out));
});
