import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openSession } from '../../functions/adapters/onnx.ts';
import { decodeModelMetadata } from '../../functions/core/onnx/onnx-graph.ts';
import { decodePhoto } from '../../functions/core/photo/photo.ts';
import { ensureFruit, readFruitManifest } from '../../model/fruit.ts';
import { readNpy } from '../../model/npy.ts';
import { makeFolder } from '../local/folder.ts';
import { compare } from './compare.ts';

const manifest = readFruitManifest();
const buildFolder = makeFolder();

test('the model in the box has the bytes that model/fruit.json names, each time it is built', async () => {
  for (const folder of [buildFolder, makeFolder()]) {
    const { path, id } = await ensureFruit(folder);
    const bytes = readFileSync(path);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    assert.deepEqual({ bytes: bytes.length, sha256 }, manifest.onnx);
    assert.equal(id, `verger_fruit_mobilenetv2_1.0_224@${sha256.slice(0, 12)}`);
    assert.equal(decodeModelMetadata(bytes).name, 'verger_fruit_mobilenetv2_1.0_224');
  }
});

test('a built one is left alone, and a damaged one is built again', async () => {
  const { path } = await ensureFruit(buildFolder);
  const { mtimeNs } = statSync(path, { bigint: true });
  await ensureFruit(buildFolder);
  assert.equal(statSync(path, { bigint: true }).mtimeNs, mtimeNs);
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.subarray(0, -1));
  await ensureFruit(buildFolder);
  assert.deepEqual(readFileSync(path), bytes);
});

test('it computes what PyTorch makes of the same weights: features at a cosine of at least 0.999999', async (t) => {
  const golden = join(import.meta.dirname, '../golden/fruit');
  const photos = readdirSync(golden)
    .filter((name) => name.endsWith('.png'))
    .sort();
  const expected = readNpy(readFileSync(join(golden, 'features.npy')), 'features.npy');
  assert.deepEqual(expected.dims, [4, 1280]);
  assert.equal(photos.length, 4);
  const session = await openSession((await ensureFruit(buildFolder)).path);
  assert.equal(session.dimension, 1280);
  for (const [row, key] of photos.entries()) {
    const limits = { maxBytes: 1e6, maxPixels: 1e6 };
    const { pixels } = await decodePhoto(readFileSync(join(golden, key)), limits);
    const { cosine, difference } = compare(
      await session.run(pixels),
      expected.data.subarray(row * 1280, (row + 1) * 1280),
    );
    t.diagnostic(`${key}: 1 - cosine ${(1 - cosine).toExponential(1)}, largest difference ${difference}`);
    // The limits of the ImageNet model's own reference: nearly all of it is pixels resized one level apart.
    assert.ok(cosine >= 0.999999, `${key}: cosine ${cosine}`);
    assert.ok(difference <= 0.01, `${key}: largest difference ${difference}`);
  }
});
