/** The ImageNet model for tests, or the reason to skip them. */
import { type BuiltModel, ensureModel, findModel } from '../../model/ensure-model.ts';

/**
 * The model if it is built or can be built from the folder that MODEL_WEIGHTS_DIR names. A test downloads nothing:
 * without either, `skip` says what to do, for `test(title, { skip }, ...)`.
 */
export async function findModelForTests(): Promise<{ model?: BuiltModel; skip: string | false }> {
  const model = process.env.MODEL_WEIGHTS_DIR ? await ensureModel() : await findModel();
  return model
    ? { model, skip: false }
    : { skip: 'needs the ImageNet model: run npm run model, or set MODEL_WEIGHTS_DIR' };
}
