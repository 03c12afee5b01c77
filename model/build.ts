/** `npm run model`: builds the model that MODEL chooses, and prints its id and path. */
import { relative } from 'node:path';
import { VergerError } from '../functions/core/errors.ts';
import { describeModel, ensureModel, type ModelSources } from './ensure-model.ts';
import { isMain } from './is-main.ts';

/**
 * Builds the model unless it is there, and prints its id and path.
 *
 * @returns the exit code: 1 when it cannot be built, after saying why and what to do
 */
export async function build(sources: ModelSources = {}): Promise<number> {
  try {
    const model = await ensureModel(sources);
    console.error(describeModel(model));
    console.log(`${model.id}  ${relative(process.cwd(), model.path)}`);
    return 0;
  } catch (error) {
    if (!(error instanceof VergerError)) throw error;
    console.error(error.message);
    return 1;
  }
}

if (isMain(import.meta.url)) {
  process.exitCode = await build();
}
