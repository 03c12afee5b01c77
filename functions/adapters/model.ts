/** Which model a file holds; apart from onnx.ts, so that backfill needs no onnxruntime. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { ContractBroken } from '../core/errors.ts';
import { decodeModelMetadata } from '../core/onnx/onnx-graph.ts';

/**
 * The id of a model: `<name>@<first 12 hex digits of the file's SHA-256>`; the name is the file's own
 * metadata `name`, or else the file's name without its ending.
 *
 * @throws ContractBroken when the file cannot be read
 */
export async function readModelId(path: string): Promise<string> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new ContractBroken(
      `cannot read the model ${path} (MODEL_PATH): run npm run model, or set the path`,
      { cause },
    );
  });
  const name = decodeModelMetadata(bytes).name ?? basename(path, '.onnx');
  return `${name}@${createHash('sha256').update(bytes).digest('hex').slice(0, 12)}`;
}
