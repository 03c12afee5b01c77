/** The check that `sls deploy` makes of what is packaged, and `sls package` does not: the framework's own code. */

import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const framework = createRequire(import.meta.url);

interface Deploy {
  serverless: object;
  provider: object;
  packagePath: string;
}

/**
 * Runs the check.
 *
 * @param folder where `sls package --package` put what it made
 * @throws Error of the framework, `MISSING_ARTIFACT_FILE` where a function's package is not found
 */
export async function checkAsDeployDoes(folder: string): Promise<void> {
  const serviceDir = mkdtempSync(join(tmpdir(), 'verger-deploy-check-'));
  const packagePath = join(serviceDir, '.serverless'); // where `sls deploy` looks
  symlinkSync(folder, packagePath);
  const load = (name: string): unknown => framework(`serverless/lib/${name}.js`);
  const { extendedValidate } = load('plugins/aws/deploy/lib/extended-validate') as {
    extendedValidate(this: Deploy): Promise<void>;
  };
  const Service = load('classes/service') as new (serverless: object) => object;
  const Utils = load('classes/utils') as new (serverless: object) => object;

  const serverless: Record<string, unknown> = { serviceDir };
  serverless.service = new Service(serverless);
  serverless.utils = new Utils(serverless);
  const provider: Record<string, unknown> = { serverless };
  provider.naming = { ...(load('plugins/aws/lib/naming') as object), provider };
  try {
    await extendedValidate.call({ serverless, provider, packagePath });
  } finally {
    rmSync(serviceDir, { recursive: true });
  }
}
