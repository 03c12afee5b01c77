/** The packaged service on this machine: its functions as Lambda runs them, over the local S3 and DynamoDB. */
import type { Architecture } from '../../layers/runtime-libraries.ts';
import { ensureModel } from '../../model/ensure-model.ts';
import { type Invoke, type Told, upload } from './job.ts';
import { type Lambda, startLambda } from './lambda.ts';
import { type Services, startServices } from './services.ts';
import { loadSource } from './source-tree.ts';
import { type Packaged, type PackagedFunction, packageService } from './template.ts';

/** Where the source tree, that the packages are held against, writes. */
export const SOURCE = { table: 'source-features', bucket: 'source-snapshots' };

export interface Deployment extends Packaged {
  services: Services;
  /** Names in the template. */
  table: string;
  snapshots: string;
  told: Told;
  /** One of the photos, which is featurized. */
  photo: Buffer;
  lambdas: Map<string, Lambda>;
  invoke: Invoke;
  definition(key: string): PackagedFunction;
  /** Starts one more environment of a function. @param without layers left out, by logical id */
  start(key: string, options?: { node?: string[]; without?: string[] }): Promise<Lambda>;
  /** Loads a function's source, with other variables than the template's. */
  source(key: string, variables: Record<string, string>): Promise<(event: unknown) => Promise<unknown>>;
  stop(): Promise<void>;
}

/**
 * Packages the service, starts every function once, and uploads the photos.
 *
 * @param node command that runs Node for the architecture
 */
export async function deploy(
  architecture: Architecture,
  node: string[],
  photos: Map<string, Buffer>,
): Promise<Deployment> {
  const packaged = await packageService(architecture);
  const tables = packaged.tables.flatMap((each) => [each, { ...each, TableName: SOURCE.table }]);
  const services = await startServices([...packaged.buckets, SOURCE.bucket], tables);
  const lambdas = new Map<string, Lambda>();
  const definition = (key: string) => packaged.functions.get(key)!;
  const start: Deployment['start'] = (key, options) =>
    startLambda(definition(key), { node, variables: services.variables, ...options });
  const stop = async () => {
    for (const lambda of lambdas.values()) await lambda.stop();
    await services.stop();
  };
  try {
    for (const key of packaged.functions.keys()) lambdas.set(key, await start(key));
    return {
      ...packaged,
      services,
      table: definition('featurize').environment.FEATURES_TABLE!,
      snapshots: definition('reduce').environment.SNAPSHOT_BUCKET!,
      told: await upload(services, definition('featurize').environment.PHOTO_BUCKET!, photos),
      photo: [...photos.values()][1]!,
      lambdas,
      invoke: (key, event) => lambdas.get(key)!.invoke(event),
      definition,
      start,
      source: async (key, variables) => {
        const MODEL_PATH = (await ensureModel()).path;
        return loadSource(key, definition(key), { MODEL_PATH, ...variables });
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The functions that fill the table, from their sources, with a table of their own. */
export async function sourceFillers({ source }: Deployment): Promise<Invoke> {
  const fillers: Record<string, (event: unknown) => Promise<unknown>> = {};
  for (const key of ['featurize', 'erase', 'backfill']) {
    fillers[key] = await source(key, { FEATURES_TABLE: SOURCE.table });
  }
  return (key, event) => fillers[key]!(event);
}
