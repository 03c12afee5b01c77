/** Inner products of one vector with each row of a matrix, four numbers at a time, in float32. */

/** Sixteen numbers in bytes: four sums side by side, for one would wait for itself. */
const BLOCK: usize = 64;

/**
 * @param rows row-major float32 [count × width]; `width` is a row in bytes
 * @param asked float32 [width]
 * @param to float32 [count], the products
 */
export function multiplyRows(rows: usize, count: i32, width: usize, asked: usize, to: usize): void {
  const whole = width & ~(BLOCK - 1);
  for (let end = to + ((count as usize) << 2); to < end; to += 4, rows += width) {
    let a = f32x4.splat(0);
    let b = f32x4.splat(0);
    let c = f32x4.splat(0);
    let d = f32x4.splat(0);
    let i: usize = 0;
    for (; i < whole; i += BLOCK) {
      a = f32x4.add(a, f32x4.mul(v128.load(rows + i), v128.load(asked + i)));
      b = f32x4.add(b, f32x4.mul(v128.load(rows + i, 16), v128.load(asked + i, 16)));
      c = f32x4.add(c, f32x4.mul(v128.load(rows + i, 32), v128.load(asked + i, 32)));
      d = f32x4.add(d, f32x4.mul(v128.load(rows + i, 48), v128.load(asked + i, 48)));
    }
    const sums = f32x4.add(f32x4.add(a, b), f32x4.add(c, d));
    let sum = f32x4.extract_lane(sums, 0) + f32x4.extract_lane(sums, 1);
    sum += f32x4.extract_lane(sums, 2) + f32x4.extract_lane(sums, 3);
    for (; i < width; i += 4) sum += load<f32>(rows + i) * load<f32>(asked + i);
    store<f32>(to, sum);
  }
}
