/** The ImageNet model: built from published weights where it is missing or not the one in model/manifest.json. */
import { join } from 'node:path';
import { ContractBroken, VergerError } from '../functions/core/errors.ts';
import { BUILD_FOLDER, type BuiltModel, describeBuilt, findBuilt, writeBuilt } from './built.ts';
import { downloadFiles } from './download.ts';
import { encodeMobileNetV2, type Weights } from './mobilenetv2.ts';
import { type Progress, showProgress } from './progress.ts';
import { listFiles, type Manifest, readManifest, readWeights } from './weights.ts';

export interface ImagenetSources {
  /** Folder of the published .npy files; by default the one that MODEL_WEIGHTS_DIR names; empty: none. */
  weightsFolder?: string;
  /** Where the files are fetched from when there is no such folder; ends in `/`. */
  baseUrl?: string;
  /** Folder for the model and the fetched files. */
  buildFolder?: string;
  /** Of the download; by default shown on standard error. */
  progress?: Progress;
}

/** The ImageNet model, if it is built. @returns undefined when it would have to be built */
export async function findImagenet(buildFolder = BUILD_FOLDER): Promise<BuiltModel | undefined> {
  const manifest = readManifest();
  return findBuilt(describe(manifest, buildFolder), manifest);
}

/**
 * The ImageNet model, built first if need be: from a folder of weights, or else from fetched ones.
 *
 * @throws VergerError `MODEL_UNAVAILABLE` saying what to do when there is no folder and the files cannot be fetched
 * @throws ContractBroken naming the file in the weights folder that is missing, damaged or another's
 */
export async function ensureImagenet(sources: ImagenetSources = {}): Promise<BuiltModel> {
  const { weightsFolder = process.env.MODEL_WEIGHTS_DIR, buildFolder = BUILD_FOLDER } = sources;
  const found = await findImagenet(buildFolder);
  if (found) return found;
  const manifest = readManifest();
  const weights = weightsFolder
    ? await readGivenWeights(manifest, weightsFolder)
    : await fetchWeights(manifest, join(buildFolder, 'weights', manifest.name), sources);
  const bytes = exportImagenet(manifest, weights);
  return writeBuilt(describe(manifest, buildFolder), bytes, manifest, 'model/manifest.json');
}

/** The ONNX file that published weights make, with what it is and where it comes from in its metadata. */
export function exportImagenet({ name, title, licence, origin }: Manifest, weights: Weights): Uint8Array {
  return encodeMobileNetV2(weights, { name, title, licence, origin });
}

function describe(manifest: Manifest, buildFolder: string): BuiltModel {
  return describeBuilt(manifest, buildFolder, 'mobilenetv2.onnx');
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

async function fetchWeights(manifest: Manifest, folder: string, sources: ImagenetSources): Promise<Weights> {
  const { baseUrl = manifest.baseUrl } = sources;
  const { progress = showProgress('Downloading the weights', ' MB', process.stderr) } = sources;
  const onProgress = (done: number, total: number) => progress.update(megabytes(done), megabytes(total));
  try {
    await downloadFiles(listFiles(manifest), { baseUrl, into: folder, onProgress });
  } catch (error) {
    if (!(error instanceof VergerError)) throw error;
    throw new VergerError(
      'MODEL_UNAVAILABLE',
      `The ImageNet model is not built, and its weights are not at hand: ${error.message}.\nThere are three ways:\n` +
        '  - a folder: set MODEL_WEIGHTS_DIR to one that holds the .npy files listed in model/manifest.json\n' +
        `  - the network: run npm run model where ${baseUrl} can be reached; files already fetched are kept\n` +
        '  - the model in the box: set MODEL=fruit',
      { cause: error },
    );
  } finally {
    progress.stop();
  }
  return readWeights(manifest, folder);
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1e5) / 10;
}
