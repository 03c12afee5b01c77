/**
 * Bundles the functions: `npm run build`.
 *
 * CommonJS, because an ESM import ignores NODE_PATH and so cannot see a Lambda layer. Native libraries stay
 * outside: they come from node_modules here, and from a layer on Lambda.
 */
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { writeWhole } from '../model/files.ts';
import { isMain } from '../model/is-main.ts';
import { functionNames } from './functions.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Packages with native libraries, or WebAssembly, beside their code. */
export const EXTERNAL = ['sharp', 'onnxruntime-node', 'parquet-wasm', 'libheif-js'];

/**
 * Writes `functions/<name>.js` for each function, and `package.json` above them, which says they are CommonJS.
 *
 * @param folder by default `build` in the project
 * @returns size of each bundle in bytes, by its path from `folder`
 */
export async function bundle(folder = join(ROOT, 'build')): Promise<Map<string, number>> {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: functionNames().map((name) => ({ in: `functions/${name}.ts`, out: `functions/${name}` })),
    outdir: folder,
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    format: 'cjs',
    external: EXTERNAL,
    minify: true,
    keepNames: true, // names of errors and classes are read in logs
    define: {
      REPORT_CLIENT: JSON.stringify(await bundleReportClient()),
      'import.meta.filename': '__filename',
    },
    write: false,
  });
  await writeWhole(join(folder, 'package.json'), Buffer.from('{ "type": "commonjs" }\n'));
  for (const { path, contents } of outputFiles) await writeWhole(path, contents);
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

if (isMain(import.meta.url)) {
  for (const [path, bytes] of await bundle()) console.log(`${path}  ${Math.ceil(bytes / 1024)} KB`);
}
