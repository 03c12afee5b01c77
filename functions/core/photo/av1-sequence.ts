/** What an AV1 sequence header says about its samples (AV1 bitstream specification, 5.5). */

export interface Av1Colour {
  /** ITU-T H.273 MatrixCoefficients; 2 where it is not stated. */
  matrix: number;
  isFullRange: boolean;
}

/**
 * Reads the colour of the first sequence header among the OBUs.
 *
 * @returns undefined where none can be read
 */
export function readAv1Colour(obus: Uint8Array): Av1Colour | undefined {
  for (let at = 0; at + 2 < obus.length; ) {
    const header = obus[at]!;
    const type = (header >> 3) & 15;
    at += header & 4 ? 2 : 1;
    let size = obus.length - at;
    if (header & 2) {
      size = 0;
      for (let shift = 0; shift < 28; shift += 7) {
        const byte = obus[at++] ?? 0;
        size += (byte & 127) * 2 ** shift;
        if (byte < 128) break;
      }
    }
    if (type === SEQUENCE_HEADER) return readSequenceHeader(obus.subarray(at, at + size));
    at += size;
  }
  return undefined;
}

const SEQUENCE_HEADER = 1;

function readSequenceHeader(data: Uint8Array): Av1Colour {
  let at = 0;
  const bits = (count: number): number => {
    let value = 0;
    for (let i = 0; i < count; i++, at++) value = value * 2 + (((data[at >> 3] ?? 0) >> (7 - (at & 7))) & 1);
    return value;
  };
  const profile = bits(3);
  bits(1); // still_picture
  const isReduced = bits(1) === 1;
  if (isReduced) bits(5);
  else readOperatingPoints(bits);
  const [widthBits, heightBits] = [bits(4) + 1, bits(4) + 1];
  bits(widthBits);
  bits(heightBits);
  if (!isReduced && bits(1)) bits(7); // frame ids
  bits(3); // use_128x128_superblock, enable_filter_intra, enable_intra_edge_filter
  if (!isReduced) readTools(bits);
  bits(3); // enable_superres, enable_cdef, enable_restoration

  const isDeep = bits(1) === 1;
  if (profile === 2 && isDeep) bits(1);
  const isMonochrome = profile !== 1 && bits(1) === 1;
  const isDescribed = bits(1) === 1;
  const [primaries, transfer, matrix] = isDescribed ? [bits(8), bits(8), bits(8)] : [2, 2, 2];
  const isSrgb = !isMonochrome && primaries === 1 && transfer === 13 && matrix === 0;
  return { matrix, isFullRange: isSrgb || bits(1) === 1 };
}

function readOperatingPoints(bits: (count: number) => number): void {
  let delayBits = 0;
  if (bits(1)) {
    bits(32);
    bits(32);
    if (bits(1)) {
      let zeros = 0;
      while (zeros < 32 && !bits(1)) zeros++;
      bits(zeros);
    }
    if (bits(1)) {
      delayBits = bits(5) + 1;
      bits(32);
      bits(10);
    }
  }
  const hasDelays = bits(1) === 1;
  for (let count = bits(5) + 1; count > 0; count--) {
    bits(12);
    if (bits(5) > 7) bits(1);
    if (delayBits > 0 && bits(1)) bits(2 * delayBits + 1);
    if (hasDelays && bits(1)) bits(4);
  }
}

function readTools(bits: (count: number) => number): void {
  bits(4); // interintra, masked compound, warped motion, dual filter
  const hasOrder = bits(1) === 1;
  if (hasOrder) bits(2);
  const forced = bits(1) ? 2 : bits(1); // screen content tools
  if (forced > 0 && !bits(1)) bits(1);
  if (hasOrder) bits(3);
}
