/** `node test/mutation/bundle.mjs TEST.ts...`: a TEST.mjs beside each, for runner.mjs. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

await build({
  entryPoints: process.argv.slice(2),
  bundle: true,
  packages: 'external',
  format: 'esm',
  platform: 'node',
  outdir: '.',
  outbase: '.',
  outExtension: { '.js': '.mjs' },
  alias: { 'node:test': join(import.meta.dirname, 'registry.mjs') },
  plugins: [{ name: 'import-meta', setup: (build) => void build.onLoad({ filter: /\.ts$/ }, whereItWas) }],
});

/** A file's import.meta as it was before bundling, for what it reads beside itself. */
function whereItWas({ path }) {
  const contents = readFileSync(path, 'utf8')
    .replaceAll('import.meta.dirname', JSON.stringify(dirname(path)))
    .replaceAll('import.meta.filename', JSON.stringify(path))
    .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href));
  return { contents, loader: 'ts' };
}
