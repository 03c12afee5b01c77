/**
 * What the system of Lambda's Node runtimes, Amazon Linux 2023, offers to native libraries: glibc 2.34, and
 * libstdc++ and libgcc of GCC 11.
 *
 * @see https://docs.aws.amazon.com/linux/al2023/ug/core-glibc.html
 * @see https://gcc.gnu.org/onlinedocs/libstdc++/manual/abi.html
 */
import { basename } from 'node:path/posix';
import { ContractBroken } from '../functions/core/errors.ts';
import { type ElfNeeds, isElf, MACHINES, readElfNeeds } from './elf.ts';

/** A Lambda architecture, by AWS's name. */
export type Architecture = keyof typeof MACHINES;

/** The newest version of each family of symbols. */
export const NEWEST = {
  GLIBC: '2.34',
  GLIBCXX: '3.4.29',
  CXXABI: '1.3.13',
  GCC: '11.0',
} as const;

const LIBRARIES = new Set([
  ...['libc.so.6', 'libm.so.6', 'libdl.so.2', 'libpthread.so.0', 'librt.so.1', 'libresolv.so.2'],
  ...['libstdc++.so.6', 'libgcc_s.so.1', 'ld-linux-x86-64.so.2', 'ld-linux-aarch64.so.1'],
]);

/**
 * Checks that every native file of a layer can be loaded by the Lambda runtime: it is made for the machine, it
 * needs no library that is neither in the layer nor in the runtime, and no symbol newer than the runtime's.
 *
 * @param files contents by path
 * @returns paths of the native files, and the newest version of each family of symbols that they need
 * @throws ContractBroken naming the first file that does not fit, and what it needs
 */
export function checkNativeFiles(
  files: Map<string, Uint8Array>,
  architecture: Architecture,
): { natives: string[]; newest: Map<string, string> } {
  const natives = [...files].filter(([, bytes]) => isElf(bytes));
  const ours = new Set(natives.map(([path]) => basename(path)));
  const newest = new Map<string, string>();
  for (const [path, bytes] of natives) {
    const needs = readElfNeeds(bytes);
    if (needs.machine !== MACHINES[architecture]) {
      const wanted = `${architecture} (${MACHINES[architecture]})`;
      throw new ContractBroken(
        `${path} is made for ELF machine ${needs.machine}; the layer is for ${wanted}`,
      );
    }
    checkLibraries(path, needs, ours);
    for (const [library, versions] of needs.versions) {
      if (ours.has(library)) continue;
      for (const version of versions) remember(newest, checkVersion(path, library, version));
    }
  }
  if (natives.length === 0) throw new ContractBroken('the layer holds no native file at all');
  return { natives: natives.map(([path]) => path), newest };
}

function checkLibraries(path: string, { libraries }: ElfNeeds, ours: Set<string>): void {
  for (const library of libraries) {
    if (LIBRARIES.has(library) || ours.has(library)) continue;
    throw new ContractBroken(`${path} needs ${library}, which neither the layer nor the Lambda runtime has`);
  }
}

/** @returns family and number, such as `GLIBC` and `2.28` */
function checkVersion(path: string, library: string, version: string): [string, string] {
  const [family = '', number = ''] = version.split('_');
  const limit = NEWEST[family as keyof typeof NEWEST];
  if (limit === undefined || isNewer(number, limit)) {
    const most = limit ? `${family}_${limit}` : `none called ${family}`;
    throw new ContractBroken(`${path} needs ${version} of ${library}; the Lambda runtime has ${most}`);
  }
  return [family, number];
}

function remember(newest: Map<string, string>, [family, number]: [string, string]): void {
  const known = newest.get(family);
  if (known === undefined || isNewer(number, known)) newest.set(family, number);
}

function isNewer(number: string, than: string): boolean {
  return number.localeCompare(than, 'en', { numeric: true }) > 0;
}
