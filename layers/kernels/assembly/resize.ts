/**
 * The inner loops of Pillow's 8-bit resize (Resample.c), for rows of interleaved RGB: weighted sums of pixels, exact.
 *
 * A weight has 22 fractional bits and up to 24 in all, more than a 16-bit product takes. So it is split in w = high × 2^15 +
 * low, 0 ≤ low < 2^15, and both halves are summed apart. Sums wrap around at 32 bits, which is harmless: the whole sum fits.
 *
 * Taps come in blocks of four: four low halves and four high halves, 16-bit. A block that has less is filled with zeros, and
 * what is read there may be anything.
 */

const LOW_BITS: i32 = 15;
const PRECISION_BITS: i32 = 22;
const BLOCK: usize = 16;

// Four pixels of a row as 16-bit numbers: their reds, then their greens; their blues, for one row and for the other.
const RED_GREEN: v128 = i8x16(0, -1, 3, -1, 6, -1, 9, -1, 1, -1, 4, -1, 7, -1, 10, -1);
const BLUE_FIRST: v128 = i8x16(2, -1, 5, -1, 8, -1, 11, -1, -1, -1, -1, -1, -1, -1, -1, -1);
const BLUE_LAST: v128 = i8x16(-1, -1, -1, -1, -1, -1, -1, -1, 2, -1, 5, -1, 8, -1, 11, -1);

/**
 * Resizes rows across, two at a time; of an odd number, one more is read and written.
 *
 * @param rows rows of `rowBytes`, then 16 bytes that may be read
 * @param taps for each column of the result: offset of its first pixel in a row in bytes, number of blocks, the blocks
 * @param result rows of `resultBytes` ≥ 3 × columns + 1: the last pixel's store is a byte too long
 */
export function across(
  rows: usize,
  rowBytes: usize,
  count: i32,
  taps: usize,
  columns: i32,
  result: usize,
  resultBytes: usize,
): void {
  for (let y = 0; y < count; y += 2) {
    let tap = taps;
    let to = result;
    for (let x = 0; x < columns; x++) {
      let from = rows + load<u32>(tap);
      const end = tap + 8 + BLOCK * load<u32>(tap, 4);
      let low0 = i32x4.splat(0);
      let low1 = i32x4.splat(0);
      let lowBlue = i32x4.splat(0);
      let high0 = i32x4.splat(0);
      let high1 = i32x4.splat(0);
      let highBlue = i32x4.splat(0);
      for (tap += 8; tap < end; tap += BLOCK, from += 12) {
        const low = v128.load64_splat(tap);
        const high = v128.load64_splat(tap, 8);
        const row0 = v128.load(from);
        const row1 = v128.load(from + rowBytes);
        const redGreen0 = i8x16.swizzle(row0, RED_GREEN);
        const redGreen1 = i8x16.swizzle(row1, RED_GREEN);
        const blue = v128.or(i8x16.swizzle(row0, BLUE_FIRST), i8x16.swizzle(row1, BLUE_LAST));
        low0 = i32x4.add(low0, i32x4.dot_i16x8_s(redGreen0, low));
        low1 = i32x4.add(low1, i32x4.dot_i16x8_s(redGreen1, low));
        lowBlue = i32x4.add(lowBlue, i32x4.dot_i16x8_s(blue, low));
        high0 = i32x4.add(high0, i32x4.dot_i16x8_s(redGreen0, high));
        high1 = i32x4.add(high1, i32x4.dot_i16x8_s(redGreen1, high));
        highBlue = i32x4.add(highBlue, i32x4.dot_i16x8_s(blue, high));
      }
      // Each has two sums that belong together, in neighbouring lanes.
      const sum0 = whole(low0, high0);
      const sum1 = whole(low1, high1);
      const sumBlue = whole(lowBlue, highBlue);
      const even0 = v128.shuffle<i32>(sum0, sumBlue, 0, 2, 4, 4);
      const odd0 = v128.shuffle<i32>(sum0, sumBlue, 1, 3, 5, 5);
      const even1 = v128.shuffle<i32>(sum1, sumBlue, 0, 2, 6, 6);
      const odd1 = v128.shuffle<i32>(sum1, sumBlue, 1, 3, 7, 7);
      const pixels = levels(i32x4.add(even0, odd0), i32x4.add(even1, odd1));
      v128.store_lane<u32>(to, pixels, 0);
      v128.store_lane<u32>(to + resultBytes, pixels, 1);
      to += 3;
    }
    rows += 2 * rowBytes;
    result += 2 * resultBytes;
  }
}

/**
 * Resizes rows down to one.
 *
 * @param rows the first that counts, `rowBytes` apart; as many as the blocks have taps may be read
 * @param taps of this one row of the result, as above; the offset is not looked at
 * @param bytes of the result, a multiple of 8
 */
export function down(rows: usize, rowBytes: usize, taps: usize, result: usize, bytes: usize): void {
  const end = taps + 8 + BLOCK * load<u32>(taps, 4);
  for (let x: usize = 0; x < bytes; x += 8) {
    let from = rows + x;
    let low0 = i32x4.splat(0);
    let low1 = i32x4.splat(0);
    let high0 = i32x4.splat(0);
    let high1 = i32x4.splat(0);
    for (let tap = taps + 8; tap < end; tap += BLOCK) {
      for (let pair: usize = 0; pair < 8; pair += 4) {
        const low = v128.load32_splat(tap + pair);
        const high = v128.load32_splat(tap + pair, 8);
        const both = interleave(v128.load64_zero(from), v128.load64_zero(from + rowBytes));
        const left = i16x8.extend_low_i8x16_u(both);
        const right = i16x8.extend_high_i8x16_u(both);
        low0 = i32x4.add(low0, i32x4.dot_i16x8_s(left, low));
        low1 = i32x4.add(low1, i32x4.dot_i16x8_s(right, low));
        high0 = i32x4.add(high0, i32x4.dot_i16x8_s(left, high));
        high1 = i32x4.add(high1, i32x4.dot_i16x8_s(right, high));
        from += 2 * rowBytes;
      }
    }
    v128.store_lane<u64>(result + x, levels(whole(low0, high0), whole(low1, high1)), 0);
  }
}

@inline
function interleave(a: v128, b: v128): v128 {
  return v128.shuffle<i8>(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

@inline
function whole(low: v128, high: v128): v128 {
  return i32x4.add(low, i32x4.shl(high, LOW_BITS));
}

/** Eight sums rounded to levels, clamped to 0…255, in the first eight bytes. */
@inline
function levels(a: v128, b: v128): v128 {
  const half = i32x4.splat(1 << (PRECISION_BITS - 1));
  const words = i16x8.narrow_i32x4_s(
    i32x4.shr_s(i32x4.add(a, half), PRECISION_BITS),
    i32x4.shr_s(i32x4.add(b, half), PRECISION_BITS),
  );
  return i8x16.narrow_i16x8_u(words, words);
}
