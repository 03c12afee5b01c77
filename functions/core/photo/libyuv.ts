/**
 * YCbCr with subsampled colour to RGB, to the last bit as libyuv does it, which Pillow and Chromium use for AVIF:
 * chroma between its samples is bilinear (scale_common.cc, ScaleRowUp2), and products have 6 fractional bits
 * (row_common.cc, kYuvI601Constants and so on).
 */

/** How to read the samples. */
export interface YCbCrKind {
  matrix: keyof typeof CONSTANTS;
  isFullRange: boolean;
  /** Whether two pixels share a chroma sample across, and down. */
  isHalvedAcross: boolean;
  isHalvedDown: boolean;
}

/** Of luma, its offset, and Cb to blue, Cb to green, Cr to green, Cr to red: limited range, and full. */
const CONSTANTS = {
  bt601: { limited: [18_997, -1160, 128, 25, 52, 102], full: [16_320, 32, 113, 22, 46, 90] },
  bt709: { limited: [18_997, -1160, 128, 14, 34, 115], full: [16_320, 32, 119, 12, 30, 101] },
  bt2020: { limited: [19_003, -1160, 128, 12, 42, 107], full: [16_320, 32, 120, 11, 37, 94] },
} as const;

/**
 * Converts samples to RGB, in place. A pixel has Cr, luma and Cb where red, green and blue will be, and alpha behind
 * them if `channels` is 4; of halved chroma, the samples of even columns and rows count.
 *
 * @param data uint8 [height × width × channels]
 */
export function convertAsLibyuv(
  data: Uint8Array,
  width: number,
  height: number,
  channels: number,
  kind: YCbCrKind,
): void {
  const { limited, full } = CONSTANTS[kind.matrix];
  const [lumaFactor, offset, blue, greenOfCb, greenOfCr, red] = kind.isFullRange ? full : limited;
  const luma = Int32Array.from({ length: 256 }, (_, y) => ((y * 0x101 * lumaFactor) >> 16) + offset);
  const crRow = chromaRows(data, 0, width, height, channels, kind);
  const cbRow = chromaRows(data, 2, width, height, channels, kind);
  for (let y = 0, i = 0; y < height; y++) {
    const cr = crRow(y);
    const cb = cbRow(y);
    for (let x = 0; x < width; x++, i += channels) {
      const level = luma[data[i + 1]!]!;
      const u = cb[x]! - 128;
      const v = cr[x]! - 128;
      data[i] = clamp((level + red * v) >> 6);
      data[i + 1] = clamp((level - greenOfCb * u - greenOfCr * v) >> 6);
      data[i + 2] = clamp((level + blue * u) >> 6);
    }
  }
}

function clamp(level: number): number {
  return level < 0 ? 0 : level > 255 ? 255 : level;
}

/**
 * Gives the chroma of a row of pixels; the samples are copied first, as pixels are written over them.
 *
 * @param place of the channel in a pixel
 */
function chromaRows(
  data: Uint8Array,
  place: number,
  width: number,
  height: number,
  channels: number,
  { isHalvedAcross, isHalvedDown }: YCbCrKind,
): (y: number) => Uint8Array {
  const [across, down] = [isHalvedAcross ? 2 : 1, isHalvedDown ? 2 : 1];
  const columns = Math.ceil(width / across);
  const rows = Math.ceil(height / down);
  const samples = new Uint8Array(columns * rows);
  for (let row = 0, to = 0; row < rows; row++) {
    const from = row * down * width * channels + place;
    for (let column = 0; column < columns; column++) samples[to++] = data[from + column * across * channels]!;
  }
  const near = new Int32Array(width);
  const far = new Int32Array(width);
  const out = new Uint8Array(width);
  return (y) => {
    const row = Math.floor(y / down);
    const other = Math.min(rows - 1, Math.max(0, isHalvedDown ? row + (y % 2 === 0 ? -1 : 1) : row));
    widen(samples.subarray(row * columns, (row + 1) * columns), near, isHalvedAcross);
    widen(samples.subarray(other * columns, (other + 1) * columns), far, isHalvedAcross);
    for (let x = 0; x < width; x++) out[x] = (3 * near[x]! + far[x]! + 8) >> 4;
    return out;
  };
}

/**
 * A row of chroma at every pixel, four times its level: three quarters of the nearer sample and one of the other,
 * except for the first pixel and the last.
 */
function widen(samples: Uint8Array, out: Int32Array, isHalved: boolean): void {
  const last = out.length - 1;
  for (let x = 0; x <= last; x++) {
    const column = isHalved ? x >> 1 : x;
    const isBetween = isHalved && x > 0 && x < last;
    const other = isBetween ? column + (x % 2 === 0 ? -1 : 1) : column;
    out[x] = 3 * samples[column]! + samples[other]!;
  }
}
