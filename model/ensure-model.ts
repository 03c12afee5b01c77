/** The model file: built when it is missing or not the one that model/manifest.json names. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ContractBroken, VergerError } from '../functions/core/errors.ts';
import { downloadFiles } from './download.ts';
import { fingerprint, isWhole, matches, writeWhole } from './files.ts';
import { encodeMobileNetV2, type Weights } from './mobilenetv2.ts';
import { type Progress, showProgress } from './progress.ts';
import { listFiles, type Manifest, readManifest, readWeights } from './weights.ts';

export interface BuiltModel {
  path: string;
  /** `<name>@<first 12 hex digits of the file's SHA-256>`. */
  id: string;
}

export interface ModelSources {
  /** Folder of the published .npy files; by default the one that MODEL_WEIGHTS_DIR names; empty: none. */
  weightsFolder?: string;
  /** Where the files are fetched from when there is no such folder; ends in `/`. */
  baseUrl?: string;
  /** Folder for the model and the fetched files. */
  buildFolder?: string;
  /** Of the download; by default shown on standard error. */
  progress?: Progress;
}

const BUILD = fileURLToPath(new URL('../build', import.meta.url));

/**
 * The model, if it is built and is the one that the manifest names: its 9 MB are read and hashed, in about 10 ms.
 *
 * @returns undefined when it would have to be built
 */
export async function findModel(buildFolder = BUILD): Promise<BuiltModel | undefined> {
  const manifest = readManifest();
  const model = describe(manifest, buildFolder);
  return (await isWhole(model.path, manifest.onnx)) ? model : undefined;
}

/**
 * The model, built first if need be: from a folder of weights, or else from fetched ones.
 *
 * @throws VergerError `MODEL_UNAVAILABLE` saying what to do when there is neither a folder nor a network
 * @throws ContractBroken naming the weights file that is missing, damaged or another's
 */
export async function ensureModel(sources: ModelSources = {}): Promise<BuiltModel> {
  const { weightsFolder = process.env.MODEL_WEIGHTS_DIR, buildFolder = BUILD } = sources;
  const found = await findModel(buildFolder);
  if (found) return found;
  const manifest = readManifest();
  const weights = weightsFolder
    ? await readGivenWeights(manifest, weightsFolder)
    : await fetchWeights(manifest, join(buildFolder, 'weights', manifest.name), sources);
  const bytes = exportModel(manifest, weights);
  if (!matches(bytes, manifest.onnx)) {
    const { bytes: size, sha256 } = fingerprint(bytes);
    throw new ContractBroken(
      `The exporter makes a file of ${size} bytes with SHA-256 ${sha256}; model/manifest.json names ` +
        `${manifest.onnx.bytes} and ${manifest.onnx.sha256}. If the graph was changed on purpose, write the ` +
        'new values there: it is a new model, and features of two models are never mixed',
    );
  }
  const model = describe(manifest, buildFolder);
  await writeWhole(model.path, bytes);
  return model;
}

/** The ONNX file that published weights make, with what it is and where it comes from in its metadata. */
export function exportModel({ name, title, licence, origin }: Manifest, weights: Weights): Uint8Array {
  return encodeMobileNetV2(weights, { name, title, licence, origin });
}

function describe({ name, onnx }: Manifest, buildFolder: string): BuiltModel {
  return { path: join(buildFolder, 'model', 'mobilenetv2.onnx'), id: `${name}@${onnx.sha256.slice(0, 12)}` };
}

async function readGivenWeights(manifest: Manifest, folder: string): Promise<Weights> {
  try {
    return await readWeights(manifest, folder);
  } catch (error) {
    if (!(error instanceof ContractBroken)) throw error;
    throw new ContractBroken(
      `${error.message}. MODEL_WEIGHTS_DIR is ${folder}: put the files there that model/manifest.json lists, ` +
        'or unset it to have them downloaded',
      { cause: error },
    );
  }
}

async function fetchWeights(manifest: Manifest, folder: string, sources: ModelSources): Promise<Weights> {
  const { baseUrl = manifest.baseUrl, progress = showProgress('Downloading the weights') } = sources;
  try {
    await downloadFiles(listFiles(manifest), { baseUrl, into: folder, onProgress: progress.update });
  } catch (error) {
    if (!(error instanceof VergerError)) throw error;
    throw new VergerError(
      'MODEL_UNAVAILABLE',
      `The model is not built, and its weights are not at hand: ${error.message}.\nThere are two ways:\n` +
        '  - a folder: set MODEL_WEIGHTS_DIR to one that holds the .npy files listed in model/manifest.json\n' +
        `  - the network: run npm run model where ${baseUrl} can be reached; files already fetched are kept`,
      { cause: error },
    );
  } finally {
    progress.stop();
  }
  return readWeights(manifest, folder);
}
