/**
 * Bundles the functions: `npm run build`.
 *
 * CommonJS, because an ESM import ignores NODE_PATH and so cannot see a Lambda layer. Native libraries stay
 * outside: they come from node_modules here, and from a layer on Lambda.
 */
import { readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildFailure, type BuildOptions, build, type OutputFile } from 'esbuild';
import { VergerError } from '../functions/core/errors.ts';
import { readIfThere, writeWhole } from '../model/files.ts';
import { isMain } from '../model/is-main.ts';
import { functionNames } from './functions.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Packages with native libraries or WebAssembly. */
export const EXTERNAL = ['sharp', 'onnxruntime-node', 'parquet-wasm', 'libheif-js'];

/**
 * Bundles the functions for this machine: `functions/<name>.js`, not minified, each with its source map, the threads that
 * they start, and `package.json` above them, which says that they are CommonJS. Unchanged files are not
 * written.
 *
 * @param folder by default `build` in the project
 * @returns size of each bundle in bytes, by its path from `folder`
 * @throws VergerError `BUNDLE_FAILED` naming each line that does not compile
 */
export async function bundle(folder = join(ROOT, 'build')): Promise<Map<string, number>> {
  const files = await bundleFunctions({ sourcemap: 'linked', sourcesContent: false });
  for (const [path, contents] of files) await writeChanged(join(folder, path), contents);
  return new Map(bundlesIn(files).map((path) => [path, files.get(path)!.length]));
}

/**
 * Bundles the functions for Lambda: minified, the same bytes every time.
 *
 * @returns files by path: `functions/<name>.js`, its `.js.map` (no bundle mentions it), and what {@link filesFor}
 *   says that they need
 */
export async function bundleForLambda(): Promise<Map<string, Uint8Array>> {
  return await bundleFunctions({ minify: true, sourcemap: 'external' });
}

/** The paths of bundles among files. */
export function bundlesIn(files: Map<string, unknown>): string[] {
  return [...files.keys()].filter((path) => path.endsWith('.js'));
}

/** What a bundle cannot do without: itself, that it is CommonJS, and the threads that it starts. */
export function filesFor(bundle: string, files: Map<string, Uint8Array>): string[] {
  const code = Buffer.from(files.get(bundle) ?? []).toString();
  return [
    'package.json',
    bundle,
    ...THREADS.map(besideBundles).filter((path) => code.includes(basename(path))),
  ];
}

/** Scripts of threads that functions start, which are carried as they are. */
const THREADS = ['functions/core/snapshot/parquet-thread.cjs'];

const besideBundles = (script: string) => `functions/${basename(script)}`;

const PACKAGE_JSON = Buffer.from('{ "type": "commonjs" }\n');

async function bundleFunctions(how: BuildOptions): Promise<Map<string, Uint8Array>> {
  const folder = join(ROOT, 'build'); // from which source maps name the sources, wherever they are written
  const files = await compile({
    ...how,
    absWorkingDir: ROOT,
    entryPoints: functionNames().map((name) => ({ in: `functions/${name}.ts`, out: `functions/${name}` })),
    outdir: folder,
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    format: 'cjs',
    external: EXTERNAL,
    keepNames: true, // names of errors and classes are read in logs
    define: {
      REPORT_CLIENT: JSON.stringify(await bundleReportClient()),
      PAGE_CLIENT: JSON.stringify(await bundleClient('page')),
      'import.meta.filename': '__filename',
    },
  });
  return new Map([
    ...files.map(({ path, contents }) => [relative(folder, path), contents] as const),
    ...THREADS.map((script) => [besideBundles(script), readFileSync(join(ROOT, script))] as const),
    ['package.json', PACKAGE_JSON],
  ]);
}

/** An unchanged bundle keeps the processes that run it: lambda-pool.ts. */
async function writeChanged(path: string, contents: Uint8Array): Promise<void> {
  const present = await readIfThere(path);
  if (present === undefined || Buffer.compare(present, contents) !== 0) await writeWhole(path, contents);
}

/** The report's own script for browsers, as the text that `reduce` puts into the page. */
export function bundleReportClient(): Promise<string> {
  return bundleClient('report');
}

/** A script for browsers: the report's, or that of the page which `identify` serves. */
export async function bundleClient(of: 'report' | 'page'): Promise<string> {
  const [script] = await compile({
    absWorkingDir: ROOT,
    entryPoints: [`functions/${of}/client/main.ts`],
    bundle: true,
    platform: 'browser',
    target: 'es2020',
    format: 'iife',
    minify: true,
  });
  return script?.text ?? '';
}

/** @throws VergerError `BUNDLE_FAILED` with a line for each mistake: its file, line, column and what is wrong */
async function compile(options: BuildOptions): Promise<OutputFile[]> {
  try {
    return (await build({ ...options, write: false, logLevel: 'silent' })).outputFiles;
  } catch (error) {
    const { errors } = error as BuildFailure;
    if (errors === undefined) throw error;
    const lines = errors.map(({ location, text }) =>
      location ? `${location.file}:${location.line}:${location.column + 1}: ${text}` : text,
    );
    throw new VergerError('BUNDLE_FAILED', lines.join('\n'), { cause: error });
  }
}

if (isMain(import.meta.url)) {
  for (const [path, bytes] of await bundle()) console.log(`${path}  ${Math.ceil(bytes / 1024)} KB`);
}
