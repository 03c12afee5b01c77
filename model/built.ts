/** Where built models lie, and what one is known by. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ContractBroken } from '../functions/core/errors.ts';
import { type Fingerprint, fingerprint, isWhole, matches, writeWhole } from './files.ts';

export interface BuiltModel {
  path: string;
  /** `<name>@<first 12 hex digits of the file's SHA-256>`. */
  id: string;
}

/** What a manifest says of the model that it describes. */
export interface ModelManifest {
  name: string;
  title: string;
  licence: string;
  /** Where the weights come from. */
  origin: string;
  /** The file that the exporter makes of them. */
  onnx: Fingerprint;
}

export const BUILD_FOLDER = fileURLToPath(new URL('../build', import.meta.url));

/** Where a model of ours lies once it is built, and its id. */
export function describeBuilt({ name, onnx }: ModelManifest, buildFolder: string, file: string): BuiltModel {
  return { path: join(buildFolder, 'model', file), id: `${name}@${onnx.sha256.slice(0, 12)}` };
}

/**
 * The model, if it is built and is the one that its manifest names: its 9 MB are read and hashed, in about 10 ms.
 *
 * @returns undefined when it would have to be built
 */
export async function findBuilt(model: BuiltModel, { onnx }: ModelManifest): Promise<BuiltModel | undefined> {
  return (await isWhole(model.path, onnx)) ? model : undefined;
}

/**
 * Writes the model that was just exported.
 *
 * @param manifestFile its name, for the message
 * @throws ContractBroken when the bytes are not those that the manifest names
 */
export async function writeBuilt(
  model: BuiltModel,
  bytes: Uint8Array,
  { onnx }: ModelManifest,
  manifestFile: string,
): Promise<BuiltModel> {
  if (!matches(bytes, onnx)) {
    const { bytes: size, sha256 } = fingerprint(bytes);
    throw new ContractBroken(
      `The exporter makes a file of ${size} bytes with SHA-256 ${sha256}; ${manifestFile} names ` +
        `${onnx.bytes} and ${onnx.sha256}. If the graph was changed on purpose, write the ` +
        'new values there: it is a new model, and features of two models are never mixed',
    );
  }
  await writeWhole(model.path, bytes);
  return model;
}
