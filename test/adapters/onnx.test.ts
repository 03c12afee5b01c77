import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { openSession } from '../../functions/adapters/onnx.ts';
import { ContractBroken, Refusal } from '../../functions/core/errors.ts';
import {
  encodeModel,
  type GraphNode,
  type Model,
  node,
  tensor,
} from '../../functions/core/onnx/onnx-graph.ts';
import { seeded } from '../../functions/core/seeded.ts';
import { IMAGE, OPSET, resize } from '../../model/preprocessing.ts';
import { scene } from '../fixtures/photos.ts';
import { resizeLikePillow } from '../fixtures/pillow-resize.ts';
import { compare } from '../model/compare.ts';
import { findImagenetForTests } from '../model/imagenet.ts';
import { encodeTinyModel, tinyNodes } from '../tiny-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'verger-onnx-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const write = (bytes: Uint8Array, name = 'model.onnx'): string => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};

test('any ONNX file that honours the contract is an extractor, of any number of features', async () => {
  const bytes = encodeTinyModel();
  const session = await openSession(write(bytes));
  const hash = createHash('sha256').update(bytes).digest('hex');
  assert.equal(session.model, `tiny@${hash.slice(0, 12)}`);
  assert.equal(session.dimension, 3);

  const data = Uint8Array.of(1, 2, 3, 3, 4, 5, 5, 6, 7, 7, 8, 9, 0, 0, 0, 2, 4, 6);
  const features = await session.run({ data, width: 3, height: 2 });
  assert.deepEqual([...features], [3, 40, 500]);
});

test('a model without a name of its own is named after its file', async () => {
  const session = await openSession(write(encodeTinyModel({ metadata: {} }), 'resnet50.onnx'));
  assert.match(session.model, /^resnet50@[0-9a-f]{12}$/);
});

test('a photo whose size a node of the network cannot take is refused, not thrown for another try', async () => {
  const [cast, ...others] = tinyNodes('image');
  const bytes = encodeTinyModel({
    nodes: [{ ...cast!, outputs: ['cast'] }, node('Reshape', ['cast', 'shape'], ['floats']), ...others],
    initializers: [
      tensor('axes', 'int64', [2], BigInt64Array.of(1n, 2n)),
      tensor('weights', 'float', [3], Float32Array.of(1, 10, 100)),
      tensor('shape', 'int64', [4], BigInt64Array.of(1n, 2n, 3n, 3n)),
    ],
  });
  const session = await openSession(write(bytes));
  const run = (width: number, height: number) =>
    session.run({ data: new Uint8Array(width * height * 3).fill(1), width, height });
  assert.deepEqual([...(await run(3, 2))], [1, 10, 100]);
  await assert.rejects(run(5, 7), (error) => {
    assert.ok(error instanceof Refusal, String(error));
    assert.equal(error.reason, 'unsupported-format');
    assert.match(error.message, /^The network cannot take a photo of 5 × 7 pixels: Reshape node\./);
    return true;
  });
  assert.deepEqual([...(await run(3, 2))], [1, 10, 100], 'and the next photo has its turn');
});

describe('a model that breaks the contract is refused by what differs', () => {
  const image = { name: 'image', type: 'uint8', dims: [1, 'H', 'W', 3] } as const;
  const cases: [string, Partial<Model>, RegExp][] = [
    [
      'another input name',
      { inputs: [{ ...image, name: 'input' }], nodes: tinyNodes('input') },
      /takes input: uint8 \[1,H,W,3\]$/,
    ],
    [
      'another element type',
      { inputs: [{ ...image, type: 'float' }] },
      /should take image: uint8 \[1,H,W,3\] of any H and W and nothing else, takes image: float32 \[1,H,W,3\]$/,
    ],
    ['channels first', { inputs: [{ ...image, dims: [1, 3, 'H', 'W'] }] }, /takes image: uint8 \[1,3,H,W\]$/],
    [
      'a batch of any size',
      { inputs: [{ ...image, dims: ['N', 'H', 'W', 3] }] },
      /takes image: uint8 \[N,H,W,3\]$/,
    ],
    ['another rank', { inputs: [{ ...image, dims: ['H', 'W', 3] }] }, /takes image: uint8 \[H,W,3\]$/],
    [
      'photos of one size',
      { inputs: [{ ...image, dims: [1, 224, 224, 3] }] },
      /takes image: uint8 \[1,224,224,3\]$/,
    ],
    [
      'a second input',
      { inputs: [image, { name: 'scale', type: 'float', dims: [1] }] },
      /takes image: uint8 \[1,H,W,3\], scale: float32 \[1\]$/,
    ],
    [
      'another output name',
      { outputs: [{ name: 'means', type: 'float', dims: [1, 3] }] },
      /should give features: float32 \[1,d\] with a fixed d, gives means: float32 \[1,3\]$/,
    ],
    [
      'another output type',
      {
        outputs: [{ name: 'features', type: 'double', dims: [1, 3] }],
        nodes: [
          ...tinyNodes('image', 'means32'),
          node('Cast', ['means32'], ['features'], { to: { int: 11 } }),
        ],
      },
      /with a fixed d, gives features: float64 \[1,3\]$/,
    ],
    [
      'another output rank',
      {
        outputs: [{ name: 'features', type: 'float', dims: [3] }],
        nodes: [...tinyNodes('image', 'row'), node('Squeeze', ['row'], ['features'])],
      },
      /with a fixed d, gives features: float32 \[3\]$/,
    ],
    [
      'a number of features that is not fixed',
      {
        outputs: [{ name: 'features', type: 'float', dims: [1, 'W'] }],
        initializers: [
          tensor('axes', 'int64', [2], BigInt64Array.of(1n, 3n)),
          tensor('weights', 'float', [1], Float32Array.of(1)),
        ],
      },
      /with a fixed d, gives features: float32 \[1,W\]$/,
    ],
  ];
  for (const [what, changes, message] of cases) {
    test(what, async () => {
      const path = write(encodeTinyModel(changes));
      await assert.rejects(openSession(path), (error) => {
        assert.ok(error instanceof ContractBroken);
        assert.ok(error.message.startsWith(`model ${path} should `), error.message);
        assert.match(error.message, message);
        return true;
      });
    });
  }
});

test('an open dimension needs no name', async () => {
  const inputs = [{ name: 'image', type: 'uint8', dims: [1, '', '', 3] }] as const;
  assert.equal((await openSession(write(encodeTinyModel({ inputs: [...inputs] })))).dimension, 3);
});

test('a model that gives another number of features than it says is refused when it does', async () => {
  // The number of features follows from the width of the photo, which no look at the graph can tell.
  const initializers = [
    tensor('axes', 'int64', [2], BigInt64Array.of(1n, 3n)),
    tensor('weights', 'float', [1], Float32Array.of(1)),
  ];
  const path = write(encodeTinyModel({ initializers }), 'liar.onnx');
  const session = await openSession(path);
  const photo = { data: new Uint8Array(30), width: 5, height: 2 };
  await assert.rejects(session.run(photo), (error) => {
    assert.ok(error instanceof ContractBroken);
    assert.equal(error.message, `model ${path} should give float32 [1,3] as it says, gave float32 [1,5]`);
    return true;
  });
});

test('a file that is missing, or is no model, is refused by its path', async () => {
  await assert.rejects(openSession(join(folder, 'none.onnx')), /none\.onnx \(MODEL_PATH\)/);
  await assert.rejects(
    openSession(write(Buffer.from('not a model'))),
    /^ContractBroken: onnxruntime cannot load the model .*model\.onnx: .*protobuf/i,
  );
});

describe('a model that begins with Pillow’s bicubic resize', () => {
  const [width, height, size] = [224, 200, 224 * 200];
  /** Its features are the levels of the resized photo, all of the red ones first. */
  const encodeLevels = (others: GraphNode[] = []) =>
    encodeModel({
      graph: 'levels',
      inputs: [IMAGE],
      outputs: [{ name: 'features', type: 'float', dims: [1, 3 * size] }],
      nodes: [
        ...resize().nodes,
        node('Cast', ['pixels'], ['floats'], { to: { int: 1 } }),
        node('Flatten', ['floats'], ['features']),
        ...others,
      ],
      initializers: [tensor('resize/sizes', 'int64', [4], BigInt64Array.of(1n, 3n, 200n, 224n))],
      opset: OPSET,
    });
  const random = seeded(5);
  const data = new Uint8Array(3 * 500 * 300).map(() => (random() < 0.5 ? 0 : 255));
  const photo = { data, width: 500, height: 300 };
  const pillow = resizeLikePillow(data, 500, 300, width, height);
  const levels = Float32Array.from(pillow, (_, i) => pillow[3 * (i % size) + Math.floor(i / size)]!);

  test('is given photos of its own size, resized to Pillow’s byte', async () => {
    const session = await openSession(write(encodeLevels()));
    assert.equal(compare(await session.run(photo), levels).difference, 0);
  });

  test('is given photos whole where it reads them elsewhere too', async () => {
    // Then onnxruntime resizes, and some levels are one off.
    const session = await openSession(write(encodeLevels([node('Shape', ['image'], ['shape'])])));
    assert.equal(compare(await session.run(photo), levels).difference, 1);
  });
});

const { model, skip } = await findImagenetForTests();
test('the built ImageNet model is opened under its id, with 1280 features', { skip }, async () => {
  const session = await openSession(model?.path ?? '');
  assert.equal(session.model, model?.id);
  assert.equal(session.dimension, 1280);
});

test('features are those of the whole photo given to the same file, at a cosine of 0.999999', {
  skip,
}, async (t) => {
  const session = await openSession(model?.path ?? '');
  const bare = await InferenceSession.create(model?.path ?? '', { intraOpNumThreads: 1 });
  for (const [width, height] of [
    [100, 100],
    [348, 464],
    [1200, 900],
    [37, 640],
  ] as const) {
    const data = Uint8Array.from(await scene(width, height, width).raw().toBuffer());
    const found = await session.run({ data, width, height });
    const { features } = await bare.run({ image: new Tensor('uint8', data, [1, height, width, 3]) });
    const { cosine } = compare(found, features?.data as Float32Array);
    t.diagnostic(`${width} × ${height}: 1 - cosine ${(1 - cosine).toExponential(1)}`);
    assert.ok(cosine >= 0.999999, `${width} × ${height}: cosine ${cosine}`);
  }
});
