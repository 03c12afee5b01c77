/** Squares of numbers smoothed, moved, stretched and compared, in WebAssembly: layers/kernels/assembly/squares.ts. */
import { type KernelMemory, reserve, startKernel } from '../webassembly.ts';
import { SQUARES_KERNEL } from './squares-kernel.ts';

/** Places in memory and sizes in bytes. */
export interface SquaresKernel {
  memory: KernelMemory;
  weigh(lines: number, width: number, taps: number, count: number, result: number): void;
  turn(from: number, rows: number, columns: number, width: number, result: number, height: number): void;
  blur(levels: number, across: number, down: number, result: number): void;
  compare(laid: number, goal: number, result: number): void;
}

/** A weighted sum of lines: the first of them, and the weights of it and of those after it. */
export interface Taps {
  first: number;
  weights: ArrayLike<number>;
}

let kernel: SquaresKernel | undefined;

/** The kernel, its memory so many bytes large at least; what is in it stays until somebody else asks. */
export function squaresKernel(bytes: number): SquaresKernel {
  kernel ??= startKernel<SquaresKernel>(SQUARES_KERNEL);
  reserve(kernel.memory, bytes);
  return kernel;
}

/** Bytes of such taps. */
export function tapsBytes(all: readonly Taps[]): number {
  return all.reduce((sum, { weights }) => sum + 8 + 16 * weights.length, 0);
}

/**
 * Writes taps where the kernel reads them.
 *
 * @param lines that there are: those before the first and after the last are these
 */
export function writeTaps(memory: KernelMemory, to: number, all: readonly Taps[], lines: number): void {
  const [whole, numbers] = [new Uint32Array(memory.buffer), new Float64Array(memory.buffer)];
  let at = to / 8;
  for (const { first, weights } of all) {
    whole[2 * at++] = weights.length;
    for (let tap = 0; tap < weights.length; tap++, at += 2) {
      whole[2 * at] = Math.max(0, Math.min(lines - 1, first + tap));
      numbers[at + 1] = weights[tap]!;
    }
  }
}
