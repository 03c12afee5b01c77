/**
 * Bundles the functions: `npm run build`.
 *
 * CommonJS, because an ESM import ignores NODE_PATH and so cannot see a Lambda layer. Native libraries stay
 * outside: they come from node_modules here, and from a layer on Lambda.
 */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FUNCTIONS = ['featurize', 'erase', 'reduce', 'backfill'];

/** Packages with native libraries, or WebAssembly, beside their code. */
export const EXTERNAL = ['sharp', 'onnxruntime-node', 'parquet-wasm'];

/**
 * Writes `functions/<name>.js` for each function, and `package.json` above them, which says they are CommonJS.
 *
 * @param folder by default `build` in the project
 * @returns size of each bundle in bytes, by its path from `folder`
 */
export async function bundle(folder = join(ROOT, 'build')): Promise<Map<string, number>> {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: FUNCTIONS.map((name) => ({ in: `functions/${name}.ts`, out: `functions/${name}` })),
    outdir: folder,
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    format: 'cjs',
    external: EXTERNAL,
    minify: true,
    keepNames: true, // names of errors and classes are read in logs
    define: { REPORT_CLIENT: JSON.stringify(await bundleReportClient()) },
    write: false,
  });
  writeWhole(join(folder, 'package.json'), Buffer.from('{ "type": "commonjs" }\n'));
  for (const { path, contents } of outputFiles) writeWhole(path, contents);
  return new Map(outputFiles.map(({ path, contents }) => [relative(folder, path), contents.length]));
}

/** The report's own script for browsers, as the text that `reduce` puts into the page. */
export async function bundleReportClient(): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: ['functions/report/client/main.ts'],
    bundle: true,
    platform: 'browser',
    target: 'es2020',
    format: 'iife',
    minify: true,
    write: false,
  });
  return outputFiles[0]?.text ?? '';
}

/** Replaces a file in one step: another process may be loading it. */
function writeWhole(path: string, contents: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, contents);
  renameSync(temporary, path);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const [path, bytes] of await bundle()) console.log(`${path}  ${Math.ceil(bytes / 1024)} KB`);
}
