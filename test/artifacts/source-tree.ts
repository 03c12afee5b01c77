/** The functions as they are in the source tree, in this process: what the packaged ones are held against. */
import { bundleClient } from '../../layers/bundle.ts';
import type { PackagedFunction } from './template.ts';

type Handler = (event: unknown, context: unknown) => Promise<unknown>;

const QUIET = {
  POWERTOOLS_LOG_LEVEL: 'SILENT',
  POWERTOOLS_METRICS_DISABLED: 'true',
  POWERTOOLS_TRACE_ENABLED: 'false',
};

/**
 * Loads a function's source with the environment that the template gives it, and other variables over that.
 * Once for each function: its environment is read when it is loaded.
 */
export async function loadSource(
  key: string,
  { name, timeout, environment }: PackagedFunction,
  variables: Record<string, string>,
): Promise<(event: unknown) => Promise<unknown>> {
  Object.assign(process.env, environment, variables, QUIET);
  // The bundler puts these texts in their places.
  if (key === 'reduce') Object.assign(globalThis, { REPORT_CLIENT: await bundleClient('report') });
  if (key === 'identify') Object.assign(globalThis, { PAGE_CLIENT: await bundleClient('page') });
  const { handler } = (await import(`../../functions/${key}.ts`)) as { handler: Handler };
  const context = { functionName: name, getRemainingTimeInMillis: () => timeout * 1000 };
  return (event) => handler(event, context);
}
