/** Which model Verger runs: `MODEL=imagenet|fruit|<path of an ONNX file>`. */
import { VergerError } from '../functions/core/errors.ts';
import type { BuiltModel } from './built.ts';
import { ensureFruit } from './fruit.ts';
import { ensureImagenet, type ImagenetSources } from './imagenet.ts';

export type { BuiltModel } from './built.ts';

export interface ModelSources extends ImagenetSources {
  /** By default what MODEL says; empty: ImageNet where its weights can be had, else fruit. */
  model?: string;
}

export interface ChosenModel extends BuiltModel {
  /** The value of MODEL that chooses it again: `imagenet`, `fruit` or a path. */
  choice: string;
  /** Why this one, and how to choose another, for {@link describeModel}. */
  why: string;
}

/**
 * The model to run, built first if need be.
 *
 * @throws VergerError `MODEL_UNAVAILABLE` when ImageNet is asked for by name and cannot be had
 * @throws ContractBroken naming the file that is missing or damaged in MODEL_WEIGHTS_DIR, or a MODEL that is not a
 * model
 * @throws InvalidRequest when MODEL names no file
 */
export async function ensureModel(sources: ModelSources = {}): Promise<ChosenModel> {
  const { model = process.env.MODEL ?? '', buildFolder } = sources;
  if (model === '') return chooseModel(sources);
  const why = 'as MODEL says';
  if (model === 'imagenet') return { ...(await ensureImagenet(sources)), choice: model, why };
  if (model === 'fruit') return { ...(await ensureFruit(buildFolder)), choice: model, why };
  // Loads onnxruntime, which packaging does without, and whose builds would report to Microsoft.
  process.env.ORT_DISABLE_TELEMETRY = '1';
  const { checkGiven } = await import('./given.ts');
  const given = await checkGiven(model);
  return { ...given, choice: given.path, why };
}

/** One line: which model, why, and how to change it. */
export function describeModel({ id, why }: ChosenModel): string {
  return `model ${id}, ${why}`;
}

async function chooseModel(sources: ModelSources): Promise<ChosenModel> {
  try {
    const why = 'ImageNet; MODEL=imagenet|fruit|FILE.onnx chooses';
    return { ...(await ensureImagenet(sources)), choice: 'imagenet', why };
  } catch (error) {
    if (!(error instanceof VergerError) || error.code !== 'MODEL_UNAVAILABLE') throw error;
    const reason = (error.cause as Error).message.replace(/https?:\/\/([^/]+)\S*/g, '$1'); // one line is to say it
    const why =
      `the one in the box, as ImageNet's weights are not at hand (${reason}); ` +
      'MODEL_WEIGHTS_DIR=FOLDER or MODEL=imagenet|fruit|FILE.onnx changes that';
    return { ...(await ensureFruit(sources.buildFolder)), choice: 'fruit', why };
  }
}
