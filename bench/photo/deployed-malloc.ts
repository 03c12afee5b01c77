/** How the deployed featurize function holds its memory. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

const CONFIGURATION = join(import.meta.dirname, '..', '..', 'serverless.yml');

/** @returns the variables that serverless.yml sets for glibc's malloc, which reads them when a process starts */
export function deployedMalloc(): Record<string, string> {
  const { functions } = parse(readFileSync(CONFIGURATION, 'utf8'), { logLevel: 'error' });
  const all = Object.entries<string>(functions.featurize.environment);
  return Object.fromEntries(all.filter(([name]) => name.startsWith('MALLOC_')));
}
