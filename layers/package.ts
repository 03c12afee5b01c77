/**
 * Makes everything that is deployed: `npm run package [-- --architecture arm64|x86_64]`, by default both.
 *
 * `build/package/<architecture>/native.zip`, `build/package/model.zip`, and
 * `build/package/functions/<name>.zip`: the same bytes every time. Beside the last, `<name>.js.map` leads a stack trace
 * on Lambda back to the source.
 */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { InvalidRequest, VergerError } from '../functions/core/errors.ts';
import { type ChosenModel, describeModel, ensureModel } from '../model/ensure-model.ts';
import { writeWhole } from '../model/files.ts';
import { isMain } from '../model/is-main.ts';
import { bundleForLambda, bundlesIn, filesFor } from './bundle.ts';
import { nativeLayer } from './native.ts';
import type { Architecture } from './runtime-libraries.ts';
import { checkSizes, formatSizes, type PackageSize } from './sizes.ts';
import { zipFiles } from './zip.ts';

const BUILD = fileURLToPath(new URL('../build', import.meta.url));

/** The architectures that Lambda offers; the first is serverless.yml's default. */
export const ARCHITECTURES: readonly Architecture[] = ['arm64', 'x86_64'];

/**
 * Builds and checks the layers and the functions' packages.
 *
 * @param folder by default `build` in the project
 * @returns what was written, with sizes; the model, and where a function that has its layer finds it
 * @throws ContractBroken when a package is too large, or a native file would not load on Lambda
 * @throws VergerError `NPM_FAILED`, and as {@link ensureModel}
 */
export async function buildPackages(
  architectures: readonly Architecture[] = ARCHITECTURES,
  folder: string = BUILD,
): Promise<{ sizes: PackageSize[]; model: ChosenModel; modelPath: string }> {
  const sizes: PackageSize[] = [];
  const write = async (name: string, kind: PackageSize['kind'], files: Map<string, Uint8Array>) => {
    const zip = zipFiles(files);
    await writeWhole(join(folder, 'package', name), zip);
    const unzipped = [...files.values()].reduce((sum, { length }) => sum + length, 0);
    sizes.push({ name, kind, files: files.size, zipped: zip.length, unzipped });
  };

  const model = await ensureModel({ buildFolder: folder }); // first: it is what may be missing
  for (const architecture of architectures) {
    const files = await nativeLayer(architecture, join(folder, 'layers', architecture));
    await write(`${architecture}/native.zip`, 'layer', files);
  }
  // By its own name, from which a model that does not say its name has its id.
  const modelFile = `model/${basename(model.path)}`;
  await write('model.zip', 'layer', new Map([[modelFile, readFileSync(model.path)]]));
  const bundled = await bundleForLambda();
  for (const path of bundlesIn(bundled)) {
    // As serverless.yml names the handlers: build/functions/<name>.handler
    const files = filesFor(path, bundled).map((name) => [`build/${name}`, bundled.get(name)!] as const);
    await write(path.replace(/\.js$/, '.zip'), 'function', new Map(files));
    await writeWhole(join(folder, 'package', `${path}.map`), bundled.get(`${path}.map`)!);
  }
  checkSizes(sizes);
  return { sizes, model, modelPath: `/opt/${modelFile}` };
}

function readArchitectures(): readonly Architecture[] {
  const { architecture } = parseArgs({ options: { architecture: { type: 'string' } } }).values;
  if (architecture === undefined) return ARCHITECTURES;
  const known = ARCHITECTURES.filter((name) => name === architecture);
  if (known.length > 0) return known;
  throw new InvalidRequest(`--architecture should be ${ARCHITECTURES.join(' or ')}, is ${architecture}`);
}

async function main(): Promise<number> {
  try {
    const { sizes, model } = await buildPackages(readArchitectures());
    console.log(`${formatSizes(sizes)}\n\n${describeModel(model)}\nin ${join(BUILD, 'package')}`);
    return 0;
  } catch (error) {
    if (!(error instanceof VergerError)) throw error;
    console.error(error.message);
    return 1;
  }
}

if (isMain(import.meta.url)) process.exitCode = await main();
