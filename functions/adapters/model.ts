/** Which model a file holds; not in onnx.ts, so that backfill needs no onnxruntime. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { ContractBroken } from '../core/errors.ts';
import { decodeModelMetadata } from '../core/onnx/onnx-graph.ts';

/**
 * The id of a model file, as {@link modelIdOf} has it.
 *
 * @throws ContractBroken when the file cannot be read, or is not an ONNX model
 */
export async function readModelId(path: string): Promise<string> {
  return modelIdOf(await readModel(path), path);
}

/**
 * Reads a model file.
 *
 * @throws ContractBroken when it cannot be read
 */
export function readModel(path: string): Promise<Uint8Array> {
  return readFile(path).catch((cause: unknown) => {
    throw new ContractBroken(
      `cannot read the model ${path} (MODEL_PATH): run npm run model, or set the path`,
      { cause },
    );
  });
}

/**
 * The id of a model: `<name>@<first 12 hex digits of the file's SHA-256>`; the name is the file's own metadata
 * `name`, or else the file's name without its extension.
 *
 * @param bytes the content of the file at `path`
 * @throws ContractBroken when it is not an ONNX model
 */
export function modelIdOf(bytes: Uint8Array, path: string): string {
  const name = decodeModelMetadata(bytes).name ?? basename(path, '.onnx');
  return `${name}@${createHash('sha256').update(bytes).digest('hex').slice(0, 12)}`;
}
