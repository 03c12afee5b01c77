/** The published weights: which files they are, and how to read them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ContractBroken } from '../functions/core/errors.ts';
import type { ModelManifest } from './built.ts';
import type { RemoteFile } from './download.ts';
import { fingerprint, readIfThere } from './files.ts';
import type { Weights } from './mobilenetv2.ts';
import { readNpy } from './npy.ts';

/** model/manifest.json: the published files, and the ONNX file that they make. */
export interface Manifest extends ModelManifest {
  /** Where its tensors are published one by one. */
  baseUrl: string;
  layers: ManifestLayer[];
}

export interface ManifestLayer {
  layer: string;
  /** TensorFlow Lite's: [out, height, width, in], or [1, height, width, out] for a depthwise layer. */
  kernelLayout: 'ohwi' | 'ihwo';
  kernel: TensorFile;
  bias: TensorFile;
}

export interface TensorFile extends RemoteFile {
  shape: number[];
}

/** The committed manifest. */
export function readManifest(): Manifest {
  return JSON.parse(readFileSync(new URL('manifest.json', import.meta.url), 'utf8'));
}

/** Every file that the manifest names. */
export function listFiles(manifest: Manifest): TensorFile[] {
  return manifest.layers.flatMap(({ kernel, bias }) => [kernel, bias]);
}

/**
 * Reads the published weights from a folder, each file checked against the manifest.
 *
 * @throws ContractBroken naming the file that is missing, damaged or another's
 */
export async function readWeights(manifest: Manifest, folder: string): Promise<Weights> {
  const weights = new Map<string, { dims: readonly number[]; data: Float32Array }>();
  for (const { layer, kernel, bias } of manifest.layers) {
    weights.set(`${layer}/kernel`, await readTensor(kernel, folder));
    weights.set(`${layer}/bias`, await readTensor(bias, folder));
  }
  return weights;
}

async function readTensor(file: TensorFile, folder: string): Promise<{ dims: number[]; data: Float32Array }> {
  const path = join(folder, file.file);
  const bytes = await readIfThere(path);
  if (!bytes) throw new ContractBroken(`The weights file ${path} is missing`);
  const found = fingerprint(bytes);
  if (found.sha256 !== file.sha256) {
    throw new ContractBroken(
      `The weights file ${path} is damaged or another network's: ${found.bytes} bytes with SHA-256 ` +
        `${found.sha256}, should be ${file.bytes} with ${file.sha256}`,
    );
  }
  const { dims, data } = readNpy(bytes, path);
  if (!(data instanceof Float32Array) || dims.join() !== file.shape.join()) {
    throw new ContractBroken(`${path} should hold float32 [${file.shape.join(', ')}]`);
  }
  return { dims, data };
}
