/** The functions that serverless.yml declares: every list of their names comes from here. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

const CONFIGURATION = join(import.meta.dirname, '..', 'serverless.yml');

/**
 * Names of the functions, in the order of serverless.yml. Function `name` has its handler in `functions/<name>.ts`.
 */
export function functionNames(): string[] {
  // Tags such as !GetAtt are CloudFormation's; here they stand for themselves.
  const { functions } = parse(readFileSync(CONFIGURATION, 'utf8'), { logLevel: 'error' });
  return Object.keys(functions);
}
