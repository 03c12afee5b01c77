/** The feature extractor: an ONNX model that honours Verger's contract, run by onnxruntime. */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { ContractBroken, Refusal } from '../core/errors.ts';
import { findPillowResize } from '../core/onnx/pillow-resize.ts';
import { resizeBicubic } from '../core/photo/resize.ts';
import type { Pixels, Session } from '../core/ports.ts';
import { modelIdOf, readModel } from './model.ts';

/**
 * Opens a model and checks that it honours the contract: one input, `image` uint8 [1, H, W, 3] of any H and W; output
 * `features` float32 [1, d] with a fixed d. Other outputs are ignored.
 *
 * Where the model begins with Pillow's bicubic resize, photos are resized before it, in a third of the time and to
 * Pillow's byte; the model's own resize then changes nothing, so that its file gives the same features elsewhere.
 *
 * One thread, one photo at a time: more of either is slower for a network this small, so scale by workers.
 *
 * @throws ContractBroken naming the file and what differs
 */
export async function openSession(path: string): Promise<Session> {
  const bytes = await readModel(path); // first: its error says best that a file is missing
  const session = await createInferenceSession(path);
  const dimension = checkContract(session, path);
  const size = findPillowResize(bytes);
  return {
    model: modelIdOf(bytes, path),
    dimension,
    ...(size && { resize: (photo: Pixels) => resizeBicubic(photo, size.width, size.height) }),
    async run(photo) {
      const { data, width, height } = size ? resizeBicubic(photo, size.width, size.height) : photo;
      const image = new Tensor('uint8', data, [1, height, width, 3]);
      const { features } = await session.run({ image }, ['features']).catch((error: Error) => {
        throw size ? error : refuseShape(error, width, height);
      });
      if (features?.data instanceof Float32Array && features.data.length === dimension) return features.data;
      throw new ContractBroken(
        `model ${path} should give float32 [1,${dimension}] as it says, gave ${features?.type} [${features?.dims}]`,
      );
    },
  };
}

/**
 * A node of the graph that rejects a photo will reject it each time: the size does not suit the network. Memory that
 * ran out may be there the next time.
 */
function refuseShape(error: Error, width: number, height: number): Error {
  const [, said] = /^Non-zero status code returned while running (.*)/.exec(error.message) ?? [];
  if (said === undefined || /alloc/i.test(error.message)) return error;
  const detail = `The network cannot take a photo of ${width} × ${height} pixels: ${said}.`;
  return new Refusal('unsupported-format', detail, { cause: error });
}

/**
 * Opens a snapshot's `classifier.onnx`, which lies in memory.
 *
 * @returns what gives probabilities, Float32Array [C], from features, Float32Array [d]
 */
export async function openClassifier(
  file: Uint8Array,
): Promise<(features: Float32Array) => Promise<Float32Array>> {
  const session = await InferenceSession.create(file, SESSION_OPTIONS);
  return async (features) => {
    const { probabilities } = await session.run({ features: new Tensor(features, [1, features.length]) });
    return probabilities?.data as Float32Array;
  };
}

async function createInferenceSession(path: string): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(path, SESSION_OPTIONS);
  } catch (cause) {
    const { message } = cause as Error;
    throw new ContractBroken(`onnxruntime cannot load the model ${path}: ${message}`, { cause });
  }
}

const SESSION_OPTIONS: InferenceSession.SessionOptions = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  logSeverityLevel: 3,
};

/** @returns the number of features d */
function checkContract(session: InferenceSession, path: string): number {
  const [input, ...others] = session.inputMetadata;
  const [batch, height, width, channels] = input?.isTensor && input.shape.length === 4 ? input.shape : [];
  const isImage = input?.name === 'image' && input.isTensor && input.type === 'uint8' && others.length === 0;
  if (!isImage || batch !== 1 || !isAny(height) || !isAny(width) || channels !== 3) {
    throw new ContractBroken(
      `model ${path} should take image: uint8 [1,H,W,3] of any H and W and nothing else, ` +
        `takes ${describe(session.inputMetadata)}`,
    );
  }
  const output = session.outputMetadata.find(({ name }) => name === 'features');
  const dimension = output?.isTensor ? output.shape[1] : undefined;
  const isRight = output?.isTensor && output.type === 'float32' && output.shape.length === 2;
  if (!isRight || output.shape[0] !== 1 || typeof dimension !== 'number' || dimension < 1) {
    const found = describe(session.outputMetadata);
    throw new ContractBroken(
      `model ${path} should give features: float32 [1,d] with a fixed d, gives ${found}`,
    );
  }
  return dimension;
}

/** Whether a dimension of a declared shape is left open, named or not. */
function isAny(dimension: number | string | undefined): boolean {
  return typeof dimension === 'string' || (typeof dimension === 'number' && dimension < 0);
}

function describe(values: readonly InferenceSession.ValueMetadata[]): string {
  return values
    .map(
      (value) =>
        `${value.name}: ${value.isTensor ? `${value.type} [${value.shape.join(',')}]` : 'no tensor'}`,
    )
    .join(', ');
}
