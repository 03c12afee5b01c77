/** The published weights: which files they are, and how their tensors become the network's. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ContractBroken } from '../functions/core/errors.ts';
import type { RemoteFile } from './download.ts';
import { type Fingerprint, fingerprint, readIfThere } from './files.ts';
import type { Weights } from './mobilenetv2.ts';
import { readNpy } from './npy.ts';

/** model/manifest.json: the published files, and the ONNX file that they make. */
export interface Manifest {
  name: string;
  title: string;
  licence: string;
  /** Where the network was published. */
  origin: string;
  /** Where its tensors are published one by one. */
  baseUrl: string;
  /** The file that the exporter makes of them. */
  onnx: Fingerprint;
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
 * Reads the published weights from a folder, each file checked against the manifest, kernels brought to
 * ONNX's order.
 *
 * @throws ContractBroken naming the file that is missing, damaged or another's
 */
export async function readWeights(manifest: Manifest, folder: string): Promise<Weights> {
  const weights = new Map<string, { dims: readonly number[]; data: Float32Array }>();
  for (const { layer, kernelLayout, kernel, bias } of manifest.layers) {
    const [o, h, w, i] = KERNEL_AXES[kernelLayout];
    weights.set(`${layer}/kernel`, transpose(await readTensor(kernel, folder), [o, i, h, w]));
    weights.set(`${layer}/bias`, await readTensor(bias, folder));
  }
  return weights;
}

/** On which axis of the published kernel lie out, height, width and in. */
const KERNEL_AXES = { ohwi: [0, 1, 2, 3], ihwo: [3, 1, 2, 0] } as const;

interface Array4 {
  dims: readonly number[];
  data: Float32Array;
}

async function readTensor(file: TensorFile, folder: string): Promise<Array4> {
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

/** The array with its axes in another order: axis `axes[k]` of the given one is axis k of the result. */
export function transpose({ dims, data }: Array4, axes: readonly number[]): Array4 {
  const strides = dims.map((_, axis) => dims.slice(axis + 1).reduce((product, dim) => product * dim, 1));
  const [d0, d1, d2, d3] = axes.map((axis) => dims[axis]!) as [number, number, number, number];
  const [s0, s1, s2, s3] = axes.map((axis) => strides[axis]!) as [number, number, number, number];
  const result = new Float32Array(data.length);
  let to = 0;
  for (let a = 0; a < d0; a++) {
    for (let b = 0; b < d1; b++) {
      for (let c = 0; c < d2; c++) {
        for (let d = 0; d < d3; d++) result[to++] = data[a * s0 + b * s1 + c * s2 + d * s3]!;
      }
    }
  }
  return { dims: [d0, d1, d2, d3], data: result };
}
