/** Bundles for this machine, made again only where something has changed: a second and a half for nothing otherwise. */
import { join } from 'node:path';
import { readIfThere, stateOf, writeWhole } from '../model/files.ts';
import { bundle } from './bundle.ts';

const ROOT = join(import.meta.dirname, '..');

/** What bundles are made of; npm writes the last one whenever it changes a package. */
const INPUTS = [
  'functions',
  'layers/bundle.ts',
  'layers/functions.ts',
  'serverless.yml',
  'package.json',
  'tsconfig.json',
  'node_modules/.package-lock.json',
];

/**
 * Does what `bundle` does, unless it was done to the same files and what it made is untouched.
 *
 * @param folder by default `build` in the project
 * @param root of the project
 * @returns whether it was done
 * @throws VergerError `BUNDLE_FAILED` naming each line that does not compile
 */
export async function bundleIfChanged(
  folder = join(ROOT, 'build'),
  root = ROOT,
  make: typeof bundle = bundle,
): Promise<boolean> {
  const record = join(folder, 'bundled');
  const inputs = () => INPUTS.map((path) => stateOf(join(root, path))).join('\n');
  const state = () => `${inputs()}\n${stateOf(join(folder, 'functions'))}`;
  if (Buffer.from((await readIfThere(record)) ?? []).toString() === state()) return false;
  const before = inputs();
  await make(folder);
  if (inputs() === before) await writeWhole(record, Buffer.from(state()));
  return true;
}
