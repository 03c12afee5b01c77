/** Which models the quality benchmark compares. */
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { VergerError } from '../../functions/core/errors.ts';
import { BUILD_FOLDER } from '../../model/built.ts';
import { type BuiltModel, ensureModel } from '../../model/ensure-model.ts';
import { writeWhole } from '../../model/files.ts';
import { readFruitManifest } from '../../model/fruit.ts';
import { checkGiven } from '../../model/given.ts';
import { encodeMobileNetV2 } from '../../model/mobilenetv2.ts';
import { readSafetensors } from '../../model/safetensors.ts';

/** The recipe of the model in the box, trained without the photos that the splits hold out. */
const SPLIT_WEIGHTS = fileURLToPath(new URL('../../model/train/split.safetensors', import.meta.url));

/**
 * ImageNet where it can be had; the model in the box, or what the same recipe makes without the photos held out; the files given.
 *
 * @param overShared whether the photos are those of `../shared`, all of which the model in the box was trained on
 * @param given ONNX files, and .safetensors files of weights of the same network
 */
export async function findModels(overShared: boolean, given: readonly string[]): Promise<BuiltModel[]> {
  const models: BuiltModel[] = [];
  try {
    models.push(await ensureModel({ model: 'imagenet' }));
  } catch (error) {
    if (!(error instanceof VergerError) || error.code !== 'MODEL_UNAVAILABLE') throw error;
    console.log(error.message);
  }
  models.push(await (overShared ? fromWeights(SPLIT_WEIGHTS) : ensureModel({ model: 'fruit' })));
  for (const file of given) {
    models.push(await (file.endsWith('.safetensors') ? fromWeights(file) : checkGiven(file)));
  }
  return models;
}

/** The ONNX file that weights make, the same wherever they lie; its id begins with the name of theirs. */
async function fromWeights(file: string): Promise<BuiltModel> {
  const name = basename(file, '.safetensors');
  const path = join(BUILD_FOLDER, 'model', `${name}-quality.onnx`);
  const { licence } = readFruitManifest();
  const { tensors } = readSafetensors(await readFile(file), file);
  await writeWhole(path, encodeMobileNetV2(tensors, { name, title: name, licence, origin: basename(file) }));
  return checkGiven(path);
}
