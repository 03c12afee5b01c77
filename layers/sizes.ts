/** How large the packages are, and how large they may be. */
import { ContractBroken } from '../functions/core/errors.ts';
import type { Architecture } from './runtime-libraries.ts';

export interface PackageSize {
  /** Path below build/package. */
  name: string;
  kind: 'layer' | 'function';
  files: number;
  /** Bytes. */
  zipped: number;
  /** Bytes. */
  unzipped: number;
}

const MB = 1_000_000;

/**
 * Lambda's limits are 50 MB for a zip file and 250 MB for a function with all its layers, unzipped. A function
 * of ours is code alone, read at every cold start: 2 MB. `reduce`, and `phase`, which is its phases, need
 * more: Arrow, and the report's charts.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
export const LIMITS = {
  layerZipped: 50 * MB,
  allUnzipped: 250 * MB,
  functionUnzipped: 2 * MB,
  reduceUnzipped: 3 * MB,
} as const;

/** @throws ContractBroken naming the package that is too large, its size and the limit */
export function checkSizes(sizes: readonly PackageSize[]): void {
  for (const { name, kind, zipped, unzipped } of sizes) {
    if (kind === 'layer') {
      check(`layer ${name}, zipped,`, zipped, LIMITS.layerZipped);
    } else {
      const isReduce = /^functions\/(reduce|phase)\.zip$/.test(name);
      check(`package ${name}`, unzipped, isReduce ? LIMITS.reduceUnzipped : LIMITS.functionUnzipped);
    }
  }
  const largest = Math.max(
    ...sizes.filter(({ kind }) => kind === 'function').map(({ unzipped }) => unzipped),
  );
  for (const [architecture, layers] of layersOf(sizes)) {
    check(`a function with its layers for ${architecture}, unzipped,`, largest + layers, LIMITS.allUnzipped);
  }
}

/** The sizes as a table for people. */
export function formatSizes(sizes: readonly PackageSize[]): string {
  const rows = sizes.map(({ name, files, zipped, unzipped }) => [
    name,
    String(files),
    megabytes(zipped),
    megabytes(unzipped),
  ]);
  const table = [['package', 'files', 'zipped', 'unzipped'], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((row) => row[column]!.length)));
  return table
    .map((row) =>
      row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '),
    )
    .join('\n');
}

/** Unzipped bytes of all layers of each architecture; a layer that fits every architecture counts for each. */
function layersOf(sizes: readonly PackageSize[]): Map<string, number> {
  const sums = new Map<string, number>();
  const layers = sizes.filter(({ kind }) => kind === 'layer');
  const common = layers
    .filter(({ name }) => !name.includes('/'))
    .reduce((sum, { unzipped }) => sum + unzipped, 0);
  for (const { name, unzipped } of layers) {
    const architecture = name.split('/')[0] as Architecture;
    if (name.includes('/')) sums.set(architecture, (sums.get(architecture) ?? common) + unzipped);
  }
  return sums;
}

function check(what: string, bytes: number, limit: number): void {
  if (bytes < limit) return;
  throw new ContractBroken(`${what} has ${megabytes(bytes)}; it should stay below ${megabytes(limit)}`);
}

function megabytes(bytes: number): string {
  return `${(bytes / MB).toFixed(2)} MB`;
}
