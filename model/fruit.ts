/** The model in the box: the exporter's graph over model/fruit.safetensors, which model/train made. */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { ContractBroken } from '../functions/core/errors.ts';
import {
  BUILD_FOLDER,
  type BuiltModel,
  describeBuilt,
  findBuilt,
  type ModelManifest,
  writeBuilt,
} from './built.ts';
import { type Fingerprint, fingerprint, matches } from './files.ts';
import { encodeMobileNetV2 } from './mobilenetv2.ts';
import { readSafetensors } from './safetensors.ts';

/** model/fruit.json. */
export interface FruitManifest extends ModelManifest {
  /** model/fruit.safetensors. */
  weights: Fingerprint;
}

const WEIGHTS = fileURLToPath(new URL('fruit.safetensors', import.meta.url));

/** The committed manifest. */
export function readFruitManifest(): FruitManifest {
  return JSON.parse(readFileSync(new URL('fruit.json', import.meta.url), 'utf8'));
}

/**
 * The fruit model, built first if need be; needs nothing but this repository.
 *
 * @throws ContractBroken when the weights file is damaged
 */
export async function ensureFruit(buildFolder = BUILD_FOLDER): Promise<BuiltModel> {
  const manifest = readFruitManifest();
  const model = describeBuilt(manifest, buildFolder, 'fruit.onnx');
  return (
    (await findBuilt(model, manifest)) ?? writeBuilt(model, await exportFruit(), manifest, 'model/fruit.json')
  );
}

/** The ONNX file that the weights make; the same bytes every time. @throws ContractBroken as {@link ensureFruit} */
export async function exportFruit(): Promise<Uint8Array> {
  const { name, title, licence, origin, weights } = readFruitManifest();
  const bytes = await readFile(WEIGHTS);
  if (!matches(bytes, weights)) {
    const found = fingerprint(bytes);
    throw new ContractBroken(
      `${WEIGHTS} has ${found.bytes} bytes with SHA-256 ${found.sha256}; model/fruit.json names ${weights.bytes} and ` +
        `${weights.sha256}. Damaged? Check it out again. Trained again, it is a new model: write these there`,
    );
  }
  return encodeMobileNetV2(readSafetensors(bytes, WEIGHTS).tensors, { name, title, licence, origin });
}
