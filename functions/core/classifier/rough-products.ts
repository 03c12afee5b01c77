/** Inner products of one vector with many, quickly and nearly: in WebAssembly and float32 (layers/kernels/assembly/cosines.ts). */
import { type KernelMemory, reserve, startKernel } from '../webassembly.ts';
import { COSINES_KERNEL } from './cosines-kernel.ts';

interface Kernel {
  memory: KernelMemory;
  multiplyRows(rows: number, count: number, width: number, asked: number, to: number): void;
}

/** Rows in a kernel's memory. */
export interface PlacedRows {
  /** The same rows, where they lie now. */
  rows: Float32Array;
  /**
   * @param asked Float32Array [w]
   * @returns its products with the rows, Float32Array [n], until the next call
   */
  productsWith(asked: Float32Array): Float32Array;
}

/**
 * Copies rows into the memory of a kernel of their own.
 *
 * @param rows row-major Float32Array [n × w]
 */
export function placeRows(rows: Float32Array, width: number): PlacedRows {
  const { memory, multiplyRows } = startKernel<Kernel>(COSINES_KERNEL);
  const count = rows.length / width;
  const [askedAt, productsAt] = [rows.length, rows.length + width].map((place) => 4 * place) as [
    number,
    number,
  ];
  reserve(memory, productsAt + 4 * count);
  const placed = new Float32Array(memory.buffer, 0, rows.length);
  const askedFor = new Float32Array(memory.buffer, askedAt, width);
  const products = new Float32Array(memory.buffer, productsAt, count);
  placed.set(rows);
  return {
    rows: placed,
    productsWith(asked) {
      askedFor.set(asked);
      multiplyRows(0, count, 4 * width, askedAt, productsAt);
      return products;
    },
  };
}

/**
 * Most that a product is off, of vectors of a length of at most 1 and such a width: each of the width's sums is rounded, by at most
 * 2⁻²⁴ of what it comes to, in the order of the kernel far less (Higham, Accuracy and Stability of Numerical Algorithms, 3.1).
 */
export function roughness(width: number): number {
  return (width + 16) * 2 ** -24;
}
