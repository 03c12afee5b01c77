import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ContractBroken, InvalidRequest, VergerError } from '../../functions/core/errors.ts';
import { describeModel, ensureModel } from '../../model/ensure-model.ts';
import { findImagenet } from '../../model/imagenet.ts';
import { makeFolder } from '../local/folder.ts';
import { encodeTinyModel } from '../tiny-model.ts';

const FRUIT = /^verger_fruit_mobilenetv2_1\.0_224@[0-9a-f]{12}$/;
const WEIGHTS =
  process.env.MODEL_WEIGHTS_DIR || join(import.meta.dirname, '../../../shared/weights/mobilenetv2_1.0_224');
const needsWeights = {
  skip: existsSync(WEIGHTS) ? false : 'needs the published weights: set MODEL_WEIGHTS_DIR to their folder',
};
const quiet = { progress: { update() {}, stop() {} } };

let asked: string[] = [];
let answer = (_: string, response: ServerResponse) => void response.writeHead(403).end();
const server = createServer((request, response) => {
  const name = request.url!.replace('/weights/', '');
  asked.push(name);
  answer(name, response);
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/weights/`;
after(() => {
  server.closeAllConnections();
  server.close();
});

/** As on a machine that has nothing, and MODEL not set. */
function sources(changes: Record<string, unknown> = {}) {
  return { model: '', weightsFolder: '', baseUrl, buildFolder: makeFolder(), ...quiet, ...changes };
}

test('where the weights cannot be fetched it is the model in the box, and one line says so and how to change it', async () => {
  asked = [];
  const model = await ensureModel(sources());
  assert.match(model.id, FRUIT);
  assert.equal(model.choice, 'fruit');
  assert.equal(asked.length, 1);
  assert.match(
    describeModel(model),
    /^model verger_fruit\S+@[0-9a-f]{12}, the one in the box, as ImageNet's weights are not at hand \(127\.0\.0\.1:\d+ cannot be fetched: HTTP status 403\); MODEL_WEIGHTS_DIR=FOLDER or MODEL=imagenet\|fruit\|FILE\.onnx changes that$/,
  );
});

test('ImageNet, asked for by name, is not replaced by another', async () => {
  await assert.rejects(
    ensureModel(sources({ model: 'imagenet' })),
    (error) => error instanceof VergerError && error.code === 'MODEL_UNAVAILABLE',
  );
});

test('a weights folder that is given and wrong is an error and no reason to take another model', async () => {
  for (const weightsFolder of [makeFolder(), '/nowhere']) {
    await assert.rejects(
      ensureModel(sources({ weightsFolder })),
      (error) => error instanceof ContractBroken && /MODEL_WEIGHTS_DIR is /.test(error.message),
    );
  }
  // Which is not looked at where it is not needed.
  assert.match((await ensureModel(sources({ model: 'fruit', weightsFolder: '/nowhere' }))).id, FRUIT);
});

test(
  'a download that breaks off falls back too, keeps what came, and the next one goes on',
  needsWeights,
  async () => {
    const given = sources();
    asked = [];
    answer = (name, response) => {
      if (asked.length > 20) response.writeHead(404).end();
      else response.end(readFileSync(join(WEIGHTS, name)));
    };
    assert.match((await ensureModel(given)).id, FRUIT);
    const [folder] = readdirSync(join(given.buildFolder, 'weights'));
    const kept = readdirSync(join(given.buildFolder, 'weights', folder!));
    assert.ok(kept.length >= 14 && kept.length <= 20, `${kept.length} files kept`);

    asked = [];
    answer = (name, response) => void response.end(readFileSync(join(WEIGHTS, name)));
    const model = await ensureModel(given);
    assert.equal(model.choice, 'imagenet');
    assert.equal(asked.length, 104 - kept.length);
    assert.deepEqual(
      asked.filter((name) => kept.includes(name)),
      [],
    );
  },
);

test(
  'a machine that has built ImageNet once goes on with it, asks nobody, and has the other on request',
  needsWeights,
  async () => {
    const given = sources({ weightsFolder: WEIGHTS });
    const first = await ensureModel(given);
    assert.match(first.id, /^mobilenetv2_1\.0_224@/);
    assert.match(describeModel(first), /, ImageNet; MODEL=imagenet\|fruit\|FILE\.onnx chooses$/);
    asked = [];
    assert.deepEqual(await ensureModel({ ...given, weightsFolder: '' }), first);
    assert.equal(asked.length, 0);
    const other = await ensureModel({ ...given, model: 'fruit' });
    assert.match(other.id, FRUIT);
    // Side by side: neither replaces the other.
    assert.ok(await findImagenet(given.buildFolder));
    assert.notEqual(other.path, first.path);
  },
);

test('a file that honours the contract is taken where it lies, under its own id', async () => {
  const path = join(makeFolder(), 'my model.onnx');
  writeFileSync(path, encodeTinyModel({ metadata: {} }));
  const model = await ensureModel(sources({ model: path }));
  assert.equal(model.path, path);
  assert.match(model.id, /^my model@[0-9a-f]{12}$/);
  assert.equal(describeModel(model), `model ${model.id}, as MODEL says`);
});

test('what is no file, and a folder, are refused with what MODEL may be', async () => {
  const folder = makeFolder();
  mkdirSync(join(folder, 'model.onnx'));
  for (const model of ['imagent', join(folder, 'none.onnx'), join(folder, 'model.onnx')]) {
    await assert.rejects(ensureModel(sources({ model })), (error) => {
      assert.ok(error instanceof InvalidRequest);
      assert.ok(error.message.startsWith(`MODEL is ${model}: it should be imagenet, fruit or the path`));
      return true;
    });
  }
});
