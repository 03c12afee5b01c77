/**
 * A reduce in a process of its own, for the tests that kill it or measure its memory. Snapshots go to a folder.
 * Prints `{ result, memory }`. With Node's --expose-gc garbage is collected all along, so that what is measured is in use.
 */
import { join } from 'node:path';
import { createMatrixProducts } from '../../functions/adapters/onnx-matrix.ts';
import type { FeatureStore } from '../../functions/core/ports.ts';
import { createFolderSnapshots } from '../folder-snapshots.ts';
import { createFolderTable } from '../folder-table.ts';
import { featurized, portsFor, reduceAsAsked } from './reduce-fixture.ts';

export interface ReduceProcess {
  /** Holds `snapshots/` and `tmp/`. */
  root: string;
  rows: number;
  dimension: number;
  components: number;
  /** Sorts snapshots: milliseconds since the epoch. */
  time: number;
  /** The process kills itself (SIGKILL) when it comes to this moment. */
  killAt?: string;
}

/** Bytes, the most at any time. */
export interface Memory {
  /** In use by V8 after collections; 0 without --expose-gc. */
  live: number;
  /** The whole process's. */
  peak: number;
}

const { root, rows, dimension, components, time, killAt } = JSON.parse(
  process.argv[2] ?? '',
) as ReduceProcess;

/** Moments of one kind are counted: `page 1`, `page 2` … */
const seen = new Map<string, number>();
function at(kind: string): void {
  const count = (seen.get(kind) ?? 0) + 1;
  seen.set(kind, count);
  if (killAt === kind || killAt === `${kind} ${count}`) process.kill(process.pid, 'SIGKILL');
  if (count % 8 === 0) collect();
}

/**
 * The most that V8 still had in use after each of four collections in a row, in bytes: its heap, buffers and WebAssembly's memory. Buffers
 * that other threads have held are let go of late.
 */
let live = 0;
const inUse: number[] = [];
function collect(): void {
  if (!globalThis.gc) return;
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  inUse.push(heapUsed + external);
  if (inUse.length >= 4) live = Math.max(live, Math.min(...inUse.slice(-4)));
}

/** Made while they are read, so that the table itself takes no memory; no two rows are alike. */
const features: Pick<FeatureStore, 'scan'> = {
  async *scan(segment, segments) {
    const models = Array.from({ length: 50 }, (_, index) => featurized(index, dimension));
    for (let start = segment * 100; start < rows; start += segments * 100) {
      at('page');
      yield Array.from({ length: Math.min(100, rows - start) }, (_, offset) => {
        const index = start + offset;
        const item = models[index % models.length]!;
        const own = item.features.slice();
        own[index % dimension]! += 1 + (index % 1009) / 1009;
        return { ...item, key: `${index}-${item.key}`, features: own };
      });
    }
  },
};

const products = createMatrixProducts(1);
const watchedProducts: typeof products = {
  ...products,
  scatter(...args) {
    at('scatter');
    return products.scatter(...args);
  },
  multiply(...args) {
    at('multiply');
    return products.multiply(...args);
  },
};

const table = createFolderTable(join(root, 'snapshots'), at);
const snapshots = createFolderSnapshots(
  join(root, 'snapshots'),
  'copy',
  at,
  (name) => killAt === `within ${name}`,
);

const ports = portsFor(join(root, 'tmp'), {
  features: features as FeatureStore,
  products: watchedProducts,
  mostCompared: 1000,
  clock: { now: () => time },
});
const result = await reduceAsAsked({ ...ports, snapshots, table }, { components });
const memory: Memory = { live, peak: process.resourceUsage().maxRSS * 1024 };
console.log(JSON.stringify({ result, memory }));
