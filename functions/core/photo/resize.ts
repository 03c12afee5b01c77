/**
 * Pillow's bicubic resize, to its byte: across first, then down, each rounded to 8 bits, as its Resample.c
 * does up to Pillow 12.1 (12.2 takes photos over 100 times as tall as wide down first).
 *
 * Rows go through a WebAssembly kernel (layers/kernels) a strip at a time; rows resized across are kept until the
 * last row of the result that needs them is made. That takes 0.3 MB for most photos, and at most 1.5 MB for sides of
 * up to 32,767 pixels.
 */
import type { Pixels } from '../ports.ts';
import { type KernelMemory, reserve, startKernel } from '../webassembly.ts';
import { bicubicTaps, type Taps } from './bicubic-taps.ts';
import { RESIZE_KERNEL } from './resize-kernel.ts';

/** layers/kernels/assembly/resize.ts; places in memory and sizes in bytes. */
interface Kernel {
  memory: KernelMemory;
  across(
    rows: number,
    rowBytes: number,
    count: number,
    taps: number,
    columns: number,
    result: number,
    resultBytes: number,
  ): void;
  down(rows: number, rowBytes: number, taps: number, result: number, bytes: number): void;
}

let kernel: Kernel | undefined;

/**
 * Resizes a photo as Pillow's `Image.resize((width, height), BICUBIC)` does: squeezed or stretched, not cropped.
 *
 * @param pixels uint8 [H × W × 3], H and W at least 1
 * @returns uint8 [height × width × 3]
 */
export function resizeBicubic(pixels: Pixels, width: number, height: number): Pixels {
  if (pixels.width === width && pixels.height === height) return pixels;
  kernel ??= startKernel<Kernel>(RESIZE_KERNEL);
  const { memory, across, down } = kernel;
  const plan = planFor(pixels, width, height);
  const { wide, narrow, stripRows, windowRows, strip, window, line } = plan;
  reserve(memory, line + narrow);
  const bytes = new Uint8Array(memory.buffer);
  bytes.set(plan.taps);

  const resized = new Uint8Array(3 * width * height);
  let [top, end] = [0, 0]; // rows of the photo that the window holds
  let taps = plan.rowTaps;
  for (const [y, row] of plan.rows.entries()) {
    while (end < row.first + row.weights.length) {
      if (end - top + stripRows > windowRows) {
        bytes.copyWithin(window, window + (row.first - top) * narrow, window + (end - top) * narrow);
        top = row.first;
      }
      const count = Math.min(stripRows, pixels.height - end);
      bytes.set(pixels.data.subarray(end * wide, (end + count) * wide), strip);
      across(strip, wide, count, 0, width, window + (end - top) * narrow, narrow);
      end += count;
    }
    down(window + (row.first - top) * narrow, narrow, taps, line, narrow);
    resized.set(bytes.subarray(line, line + 3 * width), 3 * width * y);
    taps += encodedBytes([row]);
  }
  return { data: resized, width, height };
}

/** What goes through the kernel at once, to stay in the processor's cache. */
const STRIP_BYTES = 65_536;

/** How photos of one size are resized to another: where in the kernel's memory things are, and all taps. */
interface Plan {
  /** Bytes of a row of the photo, and of one resized across. */
  wide: number;
  narrow: number;
  /** An even number, and how many of those resized across are kept at most. */
  stripRows: number;
  windowRows: number;
  /** Places of taps for the rows (those for the columns come first), a strip, the window, a row of the result. */
  rowTaps: number;
  strip: number;
  window: number;
  line: number;
  taps: Uint8Array;
  rows: Taps[];
}

/** Photos come in runs of one size. */
let latest: { sizes: string; plan: Plan } | undefined;

function planFor(pixels: Pixels, width: number, height: number): Plan {
  const sizes = [pixels.width, pixels.height, width, height].join();
  if (latest?.sizes !== sizes) latest = { sizes, plan: makePlan(pixels, width, height) };
  return latest.plan;
}

function makePlan(pixels: Pixels, width: number, height: number): Plan {
  const columns = bicubicTaps(pixels.width, width);
  const rows = bicubicTaps(pixels.height, height);
  const taps = encode([...columns, ...rows]);
  const wide = 3 * pixels.width;
  const narrow = roundUp(3 * width + 1, 16);
  const stripRows = 2 * Math.max(1, Math.floor(STRIP_BYTES / Math.max(wide, narrow) / 2));
  const tallest = rows.reduce((most, { weights }) => Math.max(most, weights.length), 0);
  const windowRows = 2 * (tallest + stripRows);
  const strip = roundUp(taps.length, 16);
  const window = strip + roundUp(stripRows * wide, 16) + 16;
  const line = window + (windowRows + TAPS_A_BLOCK) * narrow;
  const rowTaps = encodedBytes(columns);
  return { wide, narrow, stripRows, windowRows, rowTaps, strip, window, line, taps, rows };
}

const HEADER = 8;
const BLOCK = 16;
const TAPS_A_BLOCK = 4;
const LOW_BITS = 15;

/** Taps as the kernel takes them: each weight in two halves. */
function encode(taps: Taps[]): Uint8Array {
  const halves = new Int16Array(encodedBytes(taps) / 2);
  let at = 0;
  for (const { first, weights } of taps) {
    halves.set([3 * first, (3 * first) >> 16, blocksOf(weights), 0], at);
    at += 4;
    for (let k = 0; k < weights.length; k++) {
      const place = at + (k & ~3) + k;
      halves[place] = weights[k]! & 0x7fff;
      halves[place + TAPS_A_BLOCK] = weights[k]! >> LOW_BITS;
    }
    at += (BLOCK / 2) * blocksOf(weights);
  }
  return new Uint8Array(halves.buffer);
}

function encodedBytes(taps: Taps[]): number {
  return taps.reduce((bytes, { weights }) => bytes + HEADER + BLOCK * blocksOf(weights), 0);
}

function blocksOf(weights: Int32Array): number {
  return Math.ceil(weights.length / TAPS_A_BLOCK);
}

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
