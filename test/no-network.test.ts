import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '..');

/** What a script prints with the network closed. */
function run(script: string): string {
  const parameters = ['--import', './test/no-network.mjs', '--input-type=module', '-e', script];
  return spawnSync(process.execPath, parameters, { cwd: root, encoding: 'utf8' }).stdout.trim();
}

test('with test/no-network.mjs nothing gets out, whatever it asks with, and at once', () => {
  const code = 'const code = (error) => console.log(error.code ?? error.cause.code);';
  for (const ask of [
    "await fetch('https://example.com/').catch(code)",
    "await fetch('http://192.0.2.1/').catch(code)",
    "(await import('node:https')).get('https://example.com/').on('error', code)",
    "(await import('node:net')).connect(80, '192.0.2.1').on('error', code)",
    "(await import('node:net')).connect({ port: 80, host: 'example.com' }).on('error', code)",
  ]) {
    assert.equal(run(`${code} ${ask};`), 'ENETUNREACH', ask);
  }
});

test('this machine itself can still be reached', () => {
  const script = `
    import { createServer } from 'node:http';
    const server = createServer((_, response) => response.end('here')).listen(0, '127.0.0.1', async () => {
      const { port } = server.address();
      for (const host of ['127.0.0.1', 'localhost']) console.log(await (await fetch('http://' + host + ':' + port)).text());
      server.closeAllConnections();
      server.close();
    });`;
  assert.equal(run(script), 'here\nhere');
});
