/** A model of the user's own: any ONNX file that honours the contract. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { openSession } from '../functions/adapters/onnx.ts';
import { ContractBroken, InvalidRequest } from '../functions/core/errors.ts';
import type { BuiltModel } from './built.ts';

/** Neither square nor a size that networks are made for. */
const [WIDTH, HEIGHT] = [40, 30];

/**
 * Checks a model by its declared input and output, and by one small grey photo.
 *
 * @param file path, from the current folder
 * @throws InvalidRequest when there is no such file
 * @throws ContractBroken naming the file and what differs
 */
export async function checkGiven(file: string): Promise<BuiltModel> {
  const path = resolve(file);
  const isFile = await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
  if (!isFile) {
    throw new InvalidRequest(
      `MODEL is ${file}: it should be imagenet, fruit or the path of an ONNX file, and there is no file ${path}`,
    );
  }
  const session = await openSession(path);
  const photo = { data: new Uint8Array(WIDTH * HEIGHT * 3).fill(128), width: WIDTH, height: HEIGHT };
  const features = await session.run(photo).catch((cause: Error) => {
    throw new ContractBroken(`model ${path} fails on a photo of ${WIDTH} × ${HEIGHT}: ${cause.message}`, {
      cause,
    });
  });
  if (!features.every(Number.isFinite)) {
    throw new ContractBroken(`model ${path} gives features that are not finite numbers for a grey photo`);
  }
  return { path, id: session.model };
}
