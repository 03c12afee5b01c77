/** The feature extractor: an ONNX model that honours Verger's contract, run by onnxruntime. */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { ContractBroken } from '../core/errors.ts';
import type { Session } from '../core/ports.ts';
import { readModelId } from './model.ts';

/**
 * Opens a model and checks that it honours the contract: input `image` uint8 [1, H, W, 3],
 * output `features` float32 [1, d].
 *
 * One thread, one photo at a time: more of either is slower for a network this small, so scale by workers.
 *
 * @throws ContractBroken naming the file and what differs
 */
export async function openSession(path: string): Promise<Session> {
  const [model, session] = await Promise.all([readModelId(path), createInferenceSession(path)]);
  const dimension = checkContract(session, path);
  return {
    model,
    dimension,
    async run({ data, width, height }) {
      const image = new Tensor('uint8', data, [1, height, width, 3]);
      const { features } = await session.run({ image });
      return features?.data as Float32Array;
    },
  };
}

async function createInferenceSession(path: string): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(path, {
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      logSeverityLevel: 3,
    });
  } catch (cause) {
    throw new ContractBroken(`onnxruntime cannot load the model ${path} (MODEL_PATH)`, { cause });
  }
}

/** @returns the number of features d */
function checkContract(session: InferenceSession, path: string): number {
  const input = describe(session.inputMetadata);
  if (!/^image: uint8 \[1,[^,]+,[^,]+,3\]$/.test(input)) {
    throw new ContractBroken(`model ${path} should take image: uint8 [1,H,W,3], takes ${input}`);
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

function describe(values: readonly InferenceSession.ValueMetadata[]): string {
  return values
    .map(
      (value) =>
        `${value.name}: ${value.isTensor ? `${value.type} [${value.shape.join(',')}]` : 'no tensor'}`,
    )
    .join(', ');
}
