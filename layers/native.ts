/** The native layer: the libraries that are compiled code, as npm publishes them for Lambda's processors. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { VergerError } from '../functions/core/errors.ts';
import { type Architecture, checkNativeFiles } from './runtime-libraries.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SOURCE = join(ROOT, 'layers', 'native');

/** npm's and Node's name of an architecture. */
const CPU = { arm64: 'arm64', x86_64: 'x64' } as const;

/**
 * The files of the native layer, below `nodejs/node_modules`, where Lambda's Node runtimes look.
 *
 * @param folder where the packages are installed, or have been
 * @throws VergerError `NPM_FAILED` with what npm said
 * @throws ContractBroken for a native file that the Lambda runtime could not load
 */
export async function nativeLayer(
  architecture: Architecture,
  folder: string,
): Promise<Map<string, Uint8Array>> {
  await install(architecture, folder);
  const files = new Map<string, Uint8Array>();
  const modules = join(folder, 'node_modules');
  for (const entry of readdirSync(modules, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(modules.length + 1).replaceAll(sep, '/');
    if (isLoaded(name, architecture)) files.set(`nodejs/node_modules/${name}`, readFileSync(path));
  }
  checkNativeFiles(files, architecture);
  return files;
}

/**
 * Whether a function loads the file, or it is the licence of one that is loaded.
 *
 * @param name path below node_modules, with `/`
 */
export function isLoaded(name: string, architecture: Architecture): boolean {
  const isOurs = name.startsWith(`onnxruntime-node/bin/napi-v6/linux/${CPU[architecture]}/`);
  if (name.startsWith('onnxruntime-node/bin/') && !isOurs) return false;
  return !NEVER_LOADED.some((pattern) => pattern.test(name)) || LICENCES.test(name);
}

const LICENCES = /(^|\/)licen[cs]e|sharp-libvips-[^/]+\/README/i;

const NEVER_LOADED = [
  /^\./, // npm's own notes
  // Nothing but onnxruntime-node's install script uses these.
  /^(adm-zip|global-agent|globalthis|matcher|serialize-error|escape-string-regexp|type-fest)\//,
  /^(define-data-property|define-properties|es-define-property|es-errors|gopd)\//,
  /^(has-property-descriptors|object-keys)\//,
  /^onnxruntime-node\/(script|lib)\//, // its installer and its sources
  /^onnxruntime-node\/.*libonnxruntime_providers_/, // for graphics cards
  /^onnxruntime-common\/(lib|dist\/esm)\//,
  /^parquet-wasm\/(bundler|esm)\//,
  /^libheif-js\/(libheif\/|[^/]+\.js$|libheif-wasm\/libheif-bundle)/, // the same without its .wasm beside it
  /^sharp\/(src|install|lib)\//,
  /^@img\/sharp-libvips-[^/]+\/lib\/glib-2\.0\//, // headers
  /\.(d\.[cm]?ts|ts|map|md|mjs|markdown|txt)$/, // for compilers, debuggers, people and ES modules
];

/** Installs exactly what the lock file says, for Lambda's processor and system instead of this machine's. */
async function install(architecture: Architecture, folder: string): Promise<void> {
  const stamp = join(folder, 'installed');
  const wanted = createHash('sha256')
    .update(readFileSync(join(SOURCE, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(SOURCE, folder, { recursive: true, filter: (path) => !path.includes('node_modules') });
  cpSync(join(ROOT, '.npmrc'), join(folder, '.npmrc'));
  const platform = [`--cpu=${CPU[architecture]}`, '--os=linux', '--libc=glibc'];
  const options = ['--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
  try {
    await promisify(execFile)('npm', ['ci', ...platform, ...options], { cwd: folder });
  } catch (cause) {
    const said = (cause as { stderr?: string }).stderr ?? String(cause);
    throw new VergerError('NPM_FAILED', `npm ci of layers/native for ${architecture} failed: ${said}`, {
      cause,
    });
  }
  writeFileSync(stamp, wanted);
}
