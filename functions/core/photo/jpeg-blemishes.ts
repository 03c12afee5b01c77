/** Blemishes of a JPEG that leave its pixels alone. */

const [APP0, APP14, SOS, EOI] = [0xe0, 0xee, 0xda, 0xd9];
const SEQUENTIAL = [0xc0, 0xc1, 0xc9];

/**
 * A copy of a JPEG without what libjpeg warns of but pixels do not depend on: another JFIF revision, an unknown Adobe
 * transform, a progressive scan's parameters in a sequential file, bytes between segments. libjpeg gives the text of
 * its first warning only: with these gone, what is left may be damage.
 */
export function mendJpeg(jpeg: Uint8Array): Buffer {
  const parts: Uint8Array[] = [jpeg.subarray(0, 2)];
  let isSequential = false;
  for (const { marker, at, end } of segments(jpeg)) {
    const segment = Buffer.from(jpeg.subarray(at, end));
    const text = segment.toString('latin1', 4, 10);
    if (marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) isSequential = SEQUENTIAL.includes(marker);
    if (marker === APP0 && text.startsWith('JFIF\0')) segment[9] = 1;
    // YCbCr, as libjpeg assumes where it does not know the transform; in four channels it assumes YCCK, and warns again.
    if (marker === APP14 && text.startsWith('Adobe') && (segment[15] ?? 0) > 2) segment[15] = 1;
    if (marker === SOS && isSequential) {
      const parameters = 5 + 2 * (segment[4] ?? 0);
      if (parameters + 3 <= segment.length) segment.set([0, 63, 0], parameters);
    }
    parts.push(segment);
    if (marker === SOS) parts.push(jpeg.subarray(end, endOfScan(jpeg, end)));
    if (marker === EOI) break;
  }
  return Buffer.concat(parts);
}

/** Walks over the segments of a JPEG and skips whatever stands between them. */
function* segments(jpeg: Uint8Array): Generator<{ marker: number; at: number; end: number }> {
  let at = 2;
  while (at + 1 < jpeg.length) {
    const marker = jpeg[at] === 0xff ? jpeg[at + 1]! : 0;
    if (marker < 0xc0 || marker === 0xff) {
      at += 1;
      continue;
    }
    const isAlone = marker >= 0xd0 && marker <= EOI;
    const length = isAlone ? 0 : (jpeg[at + 2] ?? 0) * 256 + (jpeg[at + 3] ?? 0);
    const end = at + 2 + length;
    yield { marker, at, end };
    at = marker === SOS ? endOfScan(jpeg, end) : end;
  }
}

/** Where the entropy-coded data that begins at `from` gives way to a marker that is not a restart. */
function endOfScan(jpeg: Uint8Array, from: number): number {
  for (let at = jpeg.indexOf(0xff, from); at >= 0; at = jpeg.indexOf(0xff, at + 1)) {
    const next = jpeg[at + 1] ?? 0;
    if (next !== 0 && next !== 0xff && !(next >= 0xd0 && next <= 0xd7)) return at;
  }
  return jpeg.length;
}
