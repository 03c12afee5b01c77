import assert from 'node:assert/strict';
import { test } from 'node:test';

type Plugin = new (serverless: object) => { hooks: { initialize(): void } };
const PLUGIN: string = '../../layers/plugin.mjs';
const { default: Packages } = (await import(PLUGIN)) as { default: Plugin };

/** The functions that a command of the framework goes on with. */
function functionsOf(command: string): string[] {
  const service = { functions: { reduce: {}, identify: {} }, custom: { deployed: ['reduce'] } };
  new Packages({ service, processedInput: { commands: [command] } }).hooks.initialize();
  return Object.keys(service.functions);
}

test('what is not deployed is neither packaged nor said to be there; on one machine all functions run', () => {
  for (const command of ['package', 'deploy', 'info'])
    assert.deepEqual(functionsOf(command), ['reduce'], command);
  for (const command of ['offline', 'invoke'])
    assert.deepEqual(functionsOf(command), ['reduce', 'identify'], command);
});
