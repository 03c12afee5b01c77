/** GIFs: the first frame, on what Pillow puts behind it. */
import type { Pixels } from '../ports.ts';
import { decodePixels } from './photo-decoder.ts';

/** The first frame of a GIF (GIF89a, sections 18 to 23): where it lies on the screen, and what is behind it. */
interface FirstFrame {
  left: number;
  top: number;
  right: number;
  bottom: number;
  /** Red, green and blue where the frame does not reach. */
  background: ArrayLike<number>;
}

/**
 * Decodes the first frame of a GIF.
 *
 * What the frame leaves uncovered is transparent, and so white, where the frame has a transparent colour. Elsewhere
 * it gets the first colour of the frame's table, as in Pillow: encoders put the background's there. libvips leaves it
 * black.
 *
 * @throws Error libvips' own, as {@link decodePixels}
 */
export async function decodeGif(bytes: Uint8Array, maxPixels: number): Promise<Pixels> {
  const pixels = await decodePixels(bytes, { maxPixels });
  const frame = readFirstFrame(bytes);
  if (frame) fillAround(pixels, frame);
  return pixels;
}

const WHITE = [255, 255, 255];
const [EXTENSION, IMAGE, GRAPHIC_CONTROL] = [0x21, 0x2c, 0xf9];

/** @returns undefined where no frame begins: libvips has reported it then */
function readFirstFrame(bytes: Uint8Array): FirstFrame | undefined {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const screenTable = sizeOfTable(file.readUInt8(10));
  let hasTransparency = false;
  let at = 13 + screenTable;
  while (at + 10 <= file.length) {
    if (file[at] === IMAGE) {
      const [left, top] = [file.readUInt16LE(at + 1), file.readUInt16LE(at + 3)];
      const [right, bottom] = [left + file.readUInt16LE(at + 5), top + file.readUInt16LE(at + 7)];
      const table = sizeOfTable(file.readUInt8(at + 9)) > 0 ? at + 10 : 13;
      const background = hasTransparency ? WHITE : file.subarray(table, table + 3);
      return { left, top, right, bottom, background };
    }
    if (file[at] !== EXTENSION) return undefined;
    if (file[at + 1] === GRAPHIC_CONTROL) hasTransparency = (file.readUInt8(at + 3) & 1) === 1;
    at += 2;
    while (file[at]) at += 1 + file[at]!; // blocks, each with its length, up to an empty one
    at += 1;
  }
  return undefined;
}

/** Bytes of a colour table, by its flags. */
function sizeOfTable(flags: number): number {
  return flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0;
}

function fillAround(
  { data, width, height }: Pixels,
  { left, top, right, bottom, background }: FirstFrame,
): void {
  const fill = (from: number, to: number): void => {
    for (let i = 3 * from; i < 3 * to; i++) data[i] = background[i % 3]!;
  };
  for (let y = 0; y < height; y++) {
    const row = y * width;
    if (y < top || y >= bottom) fill(row, row + width);
    else {
      fill(row, row + left);
      fill(row + Math.min(right, width), row + width);
    }
  }
}
