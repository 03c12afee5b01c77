/**
 * The inner loop of Little CMS' 8-bit matrix shaper (MatShaperEval16 in cmsopt.c), exact: three curves, a matrix, a curve.
 *
 * Both first steps are in tables: what each level of red, green and blue adds to linear red, green and blue of the result.
 */

const ONE: i32 = 1 << 14;

/**
 * Converts pixels where they are.
 *
 * @param pixels R, G, B, one byte each; one byte more may be read
 * @param products for each of 256 levels of red, then green, then blue: four 32-bit sums, of which three count, with 28
 *   fractional bits; rounding is included in those of red
 * @param levels 8-bit, for linear values of 0 to 1 in steps of 2^-14
 */
export function shape(pixels: usize, count: i32, products: usize, levels: usize): void {
  const green = products + 4096;
  const blue = products + 8192;
  for (const end = pixels + 3 * count; pixels < end; pixels += 3) {
    const pixel = load<u32>(pixels);
    const linear = i32x4.add(
      i32x4.add(
        v128.load(products + ((pixel & 0xff) << 4)),
        v128.load(green + (((pixel >> 8) & 0xff) << 4)),
      ),
      v128.load(blue + (((pixel >> 16) & 0xff) << 4)),
    );
    const index = i32x4.min_s(i32x4.max_s(i32x4.shr_s(linear, 14), i32x4.splat(0)), i32x4.splat(ONE));
    store<u8>(pixels, load<u8>(levels + i32x4.extract_lane(index, 0)));
    store<u8>(pixels, load<u8>(levels + i32x4.extract_lane(index, 1)), 1);
    store<u8>(pixels, load<u8>(levels + i32x4.extract_lane(index, 2)), 2);
  }
}
