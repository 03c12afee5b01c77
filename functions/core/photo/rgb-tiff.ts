/** Pixels with a colour profile, as a file that libvips reads: sharp takes no profile beside raw pixels. */

/**
 * An uncompressed TIFF (TIFF 6.0) around 8-bit RGB pixels.
 *
 * @param pixels uint8 [height × width × 3]
 * @param icc the profile of their colours
 */
export function encodeRgbTiff(pixels: Uint8Array, width: number, height: number, icc: Uint8Array): Buffer {
  const BYTE = 7;
  const LONG = 4;
  const entries: [tag: number, type: number, count: number, value: number][] = [
    [256, LONG, 1, width],
    [257, LONG, 1, height],
    [258, LONG, 1, 8],
    [259, LONG, 1, 1], // not compressed
    [262, LONG, 1, 2], // RGB
    [273, LONG, 1, 0], // StripOffsets
    [277, LONG, 1, 3],
    [278, LONG, 1, height],
    [279, LONG, 1, pixels.length],
    [34_675, BYTE, icc.length, 0],
  ];
  const head = Buffer.alloc(8 + 2 + 12 * entries.length + 4);
  const profileAt = head.length;
  const pixelsAt = profileAt + icc.length;
  head.write('II*\0', 'latin1');
  head.writeUInt32LE(8, 4);
  head.writeUInt16LE(entries.length, 8);
  for (const [i, [tag, type, count, value]] of entries.entries()) {
    const at = 10 + 12 * i;
    head.writeUInt16LE(tag, at);
    head.writeUInt16LE(type, at + 2);
    head.writeUInt32LE(count, at + 4);
    head.writeUInt32LE(tag === 273 ? pixelsAt : tag === 34_675 ? profileAt : value, at + 8);
  }
  return Buffer.concat([head, icc, pixels]);
}
