/**
 * Converts pixels from a matrix profile's colours to sRGB, with the numbers of Little CMS, which does it for libvips
 * (OptimizeMatrixShaper in its cmsopt.c): curves, a matrix of 14 fractional bits, and sRGB's curve from there to 8
 * bits.
 */

import { type KernelMemory, reserve, startKernel } from '../webassembly.ts';
import type { MatrixProfile } from './matrix-profile.ts';
import { SHAPER_KERNEL } from './shaper-kernel.ts';

/** layers/kernels/assembly/shaper.ts */
interface Kernel {
  memory: KernelMemory;
  shape(pixels: number, count: number, products: number, levels: number): void;
}

/**
 * Prepares the conversion from a profile's colours to sRGB.
 *
 * @returns a function that converts pixels, uint8 [n × 3], in place
 */
export function createMatrixShaper({ curves, matrix }: MatrixProfile): (pixels: Uint8Array) => void {
  const toSrgb = multiply(FROM_XYZ, matrix).map(toFixed14);
  const products = new Int32Array(3 * 256 * 4);
  for (const [channel, curve] of curves.entries()) {
    for (let level = 0; level < 256; level++) {
      const linear = toFixed14(Math.fround(curve(Math.fround(level / 255))));
      for (let row = 0; row < 3; row++) {
        const rounding = channel === 0 ? ONE / 2 : 0;
        products[(channel * 256 + level) * 4 + row] =
          Math.imul(toSrgb[3 * row + channel]!, linear) + rounding;
      }
    }
  }
  return (pixels) => convert(pixels, products);
}

let kernel: Kernel | undefined;
let levels: Uint8Array | undefined;

/** What goes through the kernel at once: whole pixels, few enough for the processor's cache. */
const STRIP_BYTES = 3 * 16_384;

function convert(pixels: Uint8Array, products: Int32Array): void {
  kernel ??= startKernel<Kernel>(SHAPER_KERNEL);
  levels ??= srgbLevels();
  const levelsAt = products.byteLength;
  const strip = levelsAt + levels.length;
  reserve(kernel.memory, strip + STRIP_BYTES + 1);
  const memory = new Uint8Array(kernel.memory.buffer);
  memory.set(new Uint8Array(products.buffer));
  memory.set(levels, levelsAt);
  for (let at = 0; at < pixels.length; at += STRIP_BYTES) {
    const part = pixels.subarray(at, at + STRIP_BYTES);
    memory.set(part, strip);
    kernel.shape(strip, part.length / 3, 0, levelsAt);
    part.set(memory.subarray(strip, strip + part.length));
  }
}

const ONE = 1 << 14;

function toFixed14(value: number): number {
  return Math.floor(value * ONE + 0.5);
}

/** libvips' own sRGB profile: red, green and blue → XYZ, row-major [3 × 3], and a parametric curve. */
const SRGB = {
  matrix: [28_576, 25_238, 9376, 14_578, 46_985, 3973, 911, 6362, 46_788].map((n) => n / 65_536),
  gamma: 157_289 / 65_536,
  a: 62_119 / 65_536,
  b: 3417 / 65_536,
  c: 5072 / 65_536,
  d: 2651 / 65_536,
};
const FROM_XYZ = invert(SRGB.matrix);

/** sRGB levels, uint8 [16,385], of linear light from 0 to 1. */
function srgbLevels(): Uint8Array {
  const { gamma, a, b, c, d } = SRGB;
  const straight = (a * d + b) ** gamma;
  return Uint8Array.from({ length: ONE + 1 }, (_, i) => {
    const light = Math.fround(i / ONE);
    const level = Math.fround(light >= straight ? (light ** (1 / gamma) - b) / a : light / c);
    const word = Math.floor(Math.min(1, Math.max(0, level)) * 65_535 + 0.5);
    return Math.floor((word * 65_281 + 2 ** 23) / 2 ** 24);
  });
}

/** Row-major [3 × 3] both. */
function multiply(a: number[], b: number[]): number[] {
  return a.map((_, i) => {
    const [row, column] = [i - (i % 3), i % 3];
    return a[row]! * b[column]! + a[row + 1]! * b[column + 3]! + a[row + 2]! * b[column + 6]!;
  });
}

/** By cofactors. */
function invert(m: number[]): number[] {
  const cofactor = (i: number): number => {
    const [row, column] = [Math.floor(i / 3), i % 3];
    const at = (r: number, c: number): number => m[3 * ((row + r) % 3) + ((column + c) % 3)]!;
    return at(1, 1) * at(2, 2) - at(1, 2) * at(2, 1);
  };
  const determinant = m[0]! * cofactor(0) + m[1]! * cofactor(1) + m[2]! * cofactor(2);
  return m.map((_, i) => cofactor(3 * (i % 3) + Math.floor(i / 3)) / determinant);
}
