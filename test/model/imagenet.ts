/** The ImageNet model for tests, or the reason to skip them. */
import type { BuiltModel } from '../../model/built.ts';
import { ensureImagenet, findImagenet } from '../../model/imagenet.ts';

/**
 * The model if it is built or can be built from the folder that MODEL_WEIGHTS_DIR names. A test downloads nothing:
 * without either, `skip` says what to do, for `test(title, { skip }, ...)`.
 */
export async function findImagenetForTests(): Promise<{ model?: BuiltModel; skip: string | false }> {
  const model = process.env.MODEL_WEIGHTS_DIR ? await ensureImagenet() : await findImagenet();
  return model
    ? { model, skip: false }
    : { skip: 'needs the ImageNet model: MODEL=imagenet npm run model, or set MODEL_WEIGHTS_DIR' };
}
