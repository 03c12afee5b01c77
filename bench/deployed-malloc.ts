/** How deployed functions hold their memory. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

const CONFIGURATION = join(import.meta.dirname, '..', 'serverless.yml');

/** @returns the variables that serverless.yml sets for a function's malloc, glibc's, which reads them when a process starts */
export function deployedMalloc(name: 'featurize' | 'reduce'): Record<string, string> {
  const { functions } = parse(readFileSync(CONFIGURATION, 'utf8'), { logLevel: 'error' });
  const all = Object.entries<string>(functions[name].environment);
  return Object.fromEntries(all.filter(([name]) => name.startsWith('MALLOC_')));
}
