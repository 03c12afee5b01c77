/** What would keep the local stack from starting, found before anything slow begins. */
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { lockFolder } from '../stack/folder-lock.ts';
import { close, listen } from '../stack/listen.ts';
import { readSettings, type Settings } from '../stack/serverless.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Tries the ports, and whether the data folder is free.
 *
 * @param environment in which the stack would run
 * @throws LocalError naming what is taken
 */
export async function checkStart(environment: NodeJS.ProcessEnv): Promise<void> {
  const settings = settingsOf(environment);
  if (existsSync(settings.data)) lockFolder(settings.data)();
  for (const port of Object.values(settings.ports)) {
    const server = createServer();
    await listen(server, port);
    await close(server);
  }
}

/** `custom.local` of serverless.yml as the framework would resolve it, which takes seconds to start. */
function settingsOf(environment: NodeJS.ProcessEnv): Settings {
  const { custom } = parse(readFileSync(join(ROOT, 'serverless.yml'), 'utf8'), { logLevel: 'error' });
  const resolved = Object.entries(custom.local as Record<string, string>).map(([name, value]) => {
    const [, variable = '', fallback = value] = /^\$\{env:(\w+),.*?'?([^', ]*)'?\}$/.exec(value) ?? [];
    return [name, environment[variable] ?? fallback];
  });
  return readSettings(Object.fromEntries(resolved), ROOT);
}
