/** YCbCr samples to RGB, where the decoder hands them over as they are stored. */

/**
 * Converts 8-bit YCbCr (ITU-R BT.601, full range) to RGB, in place, as Pillow does.
 *
 * Pillow converts an uncompressed TIFF itself, in 6-bit fixed point rounded down (ConvertYCbCr.c); libtiff converts a
 * compressed one, and rounds to nearest (tif_color.c). The mean differs by half a level, features by a cosine of
 * 0.0002.
 *
 * @param data uint8 [n × 3]: Y, Cb, Cr in, R, G, B out
 */
export function convertYCbCr({ buffer, byteOffset, length }: Uint8Array, rounding: 'down' | 'nearest'): void {
  const data = new Uint8ClampedArray(buffer, byteOffset, length);
  const { redOfCr, greenOfCb, greenOfCr, blueOfCb, shift } = rounding === 'down' ? PILLOW : LIBTIFF;
  for (let i = 0; i < data.length; i += 3) {
    const [y, cb, cr] = [data[i]!, data[i + 1]!, data[i + 2]!];
    data[i] = y + (redOfCr[cr]! >> shift);
    data[i + 1] = y + ((greenOfCb[cb]! + greenOfCr[cr]!) >> shift);
    data[i + 2] = y + (blueOfCb[cb]! >> shift);
  }
}

const PILLOW = tables(6, 0);
const LIBTIFF = tables(16, 0.5);

/** @param bias added to the products, in levels: 0.5 rounds to the nearest, 0 down */
function tables(shift: number, bias: number) {
  const one = 2 ** shift;
  const table = (factor: number, added = bias) =>
    Int32Array.from({ length: 256 }, (_, i) => Math.trunc(factor * one * (i - 128) + 0.5) + added * one);
  return {
    shift,
    redOfCr: table(1.402),
    greenOfCb: table(-0.344_14),
    greenOfCr: table(-0.714_14, 0),
    blueOfCb: table(1.772),
  };
}
