import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ContractBroken, VergerError } from '../../functions/core/errors.ts';
import { decodeModelMetadata } from '../../functions/core/onnx/onnx-graph.ts';
import { ensureImagenet, findImagenet } from '../../model/imagenet.ts';
import { readManifest } from '../../model/weights.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const WEIGHTS = process.env.MODEL_WEIGHTS_DIR || join(ROOT, '../shared/weights/mobilenetv2_1.0_224');
const skip = existsSync(WEIGHTS)
  ? false
  : 'needs the published weights: set MODEL_WEIGHTS_DIR to their folder';
const manifest = readManifest();
const quiet = { progress: { update() {}, stop() {} } };

let buildFolder: string;
beforeEach(() => {
  buildFolder = mkdtempSync(join(tmpdir(), 'verger-model-'));
});
afterEach(() => rmSync(buildFolder, { recursive: true }));

/** An address on this machine where nobody listens. */
async function findDeadAddress(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}/weights/`;
}

describe('from a folder of weights', { skip }, () => {
  test('the model has the bytes that the manifest names, each time it is built', async () => {
    assert.equal(await findImagenet(buildFolder), undefined);
    for (let time = 0; time < 2; time++) {
      const { path, id } = await ensureImagenet({ weightsFolder: WEIGHTS, buildFolder });
      const bytes = readFileSync(path);
      assert.equal(createHash('sha256').update(bytes).digest('hex'), manifest.onnx.sha256);
      assert.equal(bytes.length, manifest.onnx.bytes);
      assert.equal(id, `mobilenetv2_1.0_224@${manifest.onnx.sha256.slice(0, 12)}`);
      assert.equal(decodeModelMetadata(bytes).name, 'mobilenetv2_1.0_224');
      rmSync(path);
    }
  });

  test('a model that is there is left alone, and a damaged one is built again', async () => {
    const { path } = await ensureImagenet({ weightsFolder: WEIGHTS, buildFolder });
    const { mtimeNs } = statSync(path, { bigint: true });
    // A folder that is not needed is not looked at.
    await ensureImagenet({ weightsFolder: '/nowhere', buildFolder });
    assert.equal(statSync(path, { bigint: true }).mtimeNs, mtimeNs);
    const bytes = readFileSync(path);
    bytes[5_000_000]! ^= 1;
    writeFileSync(path, bytes);
    assert.equal(await findImagenet(buildFolder), undefined);
    await ensureImagenet({ weightsFolder: WEIGHTS, buildFolder });
    assert.ok(await findImagenet(buildFolder));
  });

  describe('that is not as it should be', { skip }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'verger-weights-'));
    if (!skip) for (const name of readdirSync(WEIGHTS)) copyFileSync(join(WEIGHTS, name), join(folder, name));
    after(() => rmSync(folder, { recursive: true }));

    for (const [what, damage, message] of [
      [
        'one value is changed',
        (bytes: Buffer) => bytes.fill(1, 1000, 1001),
        /^The weights file .*Const_71\.npy is damaged or another network's: 1638496 bytes with SHA-256 [0-9a-f]{64}, should be/,
      ],
      ['it is cut off', (bytes: Buffer) => bytes.subarray(0, 1000), /Const_71\.npy is damaged .* 1000 bytes/],
      ['it is missing', () => undefined, /Const_71\.npy is missing\. MODEL_WEIGHTS_DIR is .*unset it/],
    ] as const) {
      test(`one file is refused by name when ${what}, and no model is written`, async () => {
        const path = join(folder, 'Const_71.npy');
        const original = readFileSync(path);
        const damaged = damage(Buffer.from(original));
        rmSync(path);
        if (damaged) writeFileSync(path, damaged);
        await assert.rejects(
          ensureImagenet({ weightsFolder: folder, buildFolder }),
          (error) => error instanceof ContractBroken && message.test(error.message),
        );
        assert.equal(await findImagenet(buildFolder), undefined);
        assert.ok(!existsSync(join(buildFolder, 'model')));
        writeFileSync(path, original);
      });
    }
  });

  test('the same files fetched over the network make the same model', async () => {
    const server = createServer((request, response) => {
      response.end(readFileSync(join(WEIGHTS, request.url!.replace('/weights/', ''))));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/weights/`;
    try {
      await ensureImagenet({ weightsFolder: '', baseUrl, buildFolder, ...quiet });
    } finally {
      server.closeAllConnections();
      server.close();
    }
    assert.ok(await findImagenet(buildFolder));
    // Built once more, with nobody to ask: what was fetched is kept.
    rmSync(join(buildFolder, 'model'), { recursive: true });
    await ensureImagenet({ weightsFolder: '', baseUrl, buildFolder, ...quiet });
    assert.ok(await findImagenet(buildFolder));
  });
});

test('with neither folder nor network the error names every way', async () => {
  const baseUrl = await findDeadAddress();
  let stops = 0;
  const progress = { update() {}, stop: () => stops++ };
  await assert.rejects(ensureImagenet({ weightsFolder: '', baseUrl, buildFolder, progress }), (error) => {
    assert.ok(error instanceof VergerError && error.code === 'MODEL_UNAVAILABLE');
    assert.match(
      error.message,
      /weights are not at hand: http:.* cannot be fetched: fetch failed: ECONNREFUSED/,
    );
    assert.match(error.message, /a folder: set MODEL_WEIGHTS_DIR/);
    assert.match(error.message, /the model in the box: set MODEL=fruit/);
    assert.ok(error.message.includes(`the network: run npm run model where ${baseUrl} can be reached`));
    return true;
  });
  // A bar left running would keep the process alive.
  assert.equal(stops, 1);
});

test('npm run model, asked for ImageNet, then says so on standard error, with exit code 1 and no stack', async () => {
  const baseUrl = await findDeadAddress();
  const options = JSON.stringify({ model: 'imagenet', weightsFolder: '', baseUrl, buildFolder });
  const script = `import { build } from './model/build.ts'; process.exitCode = await build(${options});`;
  const run = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  assert.equal(run.status, 1);
  assert.equal(run.stdout, '');
  assert.match(
    run.stderr,
    /^Downloading the weights: 0 of 8\.8 MB\nThe ImageNet model is not built[\s\S]*MODEL_WEIGHTS_DIR/,
  );
  assert.doesNotMatch(run.stderr, /\n {4}at /);
});
