/** The inner loops of comparing pictures: squares of float32, worked with in float64, four or eight numbers at a time. */

/** Pixels of a square's side. */
const SIDE: i32 = 48;
/** Pixels at the edges that are not compared: smoothing has mixed them with what is beyond them, and the farthest move brings it in. */
const EDGE: i32 = 5;
const MIDDLE: f64 = 23.5;
/** A row of a square in bytes. */
const ROW: usize = 192;

/**
 * Weighted sums of lines, each summed in the order of its taps and rounded once.
 *
 * @param lines float32, each `width` bytes long, a multiple of 32
 * @param taps for each result: how many there are; of each the number of its line, and its weight in float64
 * @param count of results
 */
export function weigh(lines: usize, width: usize, taps: usize, count: i32, result: usize): void {
  for (; count > 0; count--) {
    const end = taps + 8 + 16 * (load<u32>(taps) as usize);
    for (let at: usize = 0; at < width; at += 32) {
      let a = f64x2.splat(0);
      let b = f64x2.splat(0);
      let c = f64x2.splat(0);
      let d = f64x2.splat(0);
      for (let tap = taps + 8; tap < end; tap += 16) {
        const from = lines + (load<u32>(tap) as usize) * width + at;
        const weight = v128.load64_splat(tap, 8);
        a = f64x2.add(a, f64x2.mul(weight, f64x2.promote_low_f32x4(v128.load64_zero(from))));
        b = f64x2.add(b, f64x2.mul(weight, f64x2.promote_low_f32x4(v128.load64_zero(from, 8))));
        c = f64x2.add(c, f64x2.mul(weight, f64x2.promote_low_f32x4(v128.load64_zero(from, 16))));
        d = f64x2.add(d, f64x2.mul(weight, f64x2.promote_low_f32x4(v128.load64_zero(from, 24))));
      }
      v128.store64_lane(result + at, f32x4.demote_f64x2_zero(a), 0);
      v128.store64_lane(result + at, f32x4.demote_f64x2_zero(b), 0, 8);
      v128.store64_lane(result + at, f32x4.demote_f64x2_zero(c), 0, 16);
      v128.store64_lane(result + at, f32x4.demote_f64x2_zero(d), 0, 24);
    }
    taps = end;
    result += width;
  }
}

/** Rows become columns. @param width, height a row of `from` and of the result, in bytes */
export function turn(from: usize, rows: i32, columns: i32, width: usize, result: usize, height: usize): void {
  for (let row: i32 = 0; row < rows; row++, from += width, result += 4) {
    let to = result;
    for (let column: i32 = 0; column < columns; column++, to += height) {
      store<f32>(to, load<f32>(from + ((column as usize) << 2)));
    }
  }
}

/** A step of the heat equation over a square, but for its edge: by `across` along rows, by `down` along columns. */
export function blur(levels: usize, across: f64, down: f64, result: usize): void {
  memory.copy(result, levels, (SIDE as usize) * ROW);
  const acrossTwice = f64x2.splat(across);
  const downTwice = f64x2.splat(down);
  const two = f64x2.splat(2);
  for (let y: i32 = 1; y < SIDE - 1; y++) {
    const row = (y as usize) * ROW;
    for (let at = row + 4; at < row + ROW - 4; at += 8) {
      const from = levels + at;
      const middle = f64x2.promote_low_f32x4(v128.load64_zero(from));
      const twice = f64x2.mul(two, middle);
      const sides = f64x2.add(pair(from - 4), pair(from + 4));
      const ends = f64x2.add(pair(from - ROW), pair(from + ROW));
      const change = f64x2.add(
        f64x2.mul(acrossTwice, f64x2.sub(sides, twice)),
        f64x2.mul(downTwice, f64x2.sub(ends, twice)),
      );
      v128.store64_lane(result + at, f32x4.demote_f64x2_zero(f64x2.add(middle, change)), 0);
    }
  }
}

/**
 * How far apart the gradients of two squares are, and the normal equations of the next step.
 *
 * @param result float64: sums of g·h, g·g and h·h; the right side [4]; the normal matrix [4 × 4], symmetric, its lower half
 */
export function compare(laid: usize, goal: usize, result: usize): void {
  let both: f64 = 0;
  let one: f64 = 0;
  let other: f64 = 0;
  let t02 = f64x2.splat(0);
  let t13 = f64x2.splat(0);
  let n0022 = f64x2.splat(0);
  let n1133 = f64x2.splat(0);
  let n1032 = f64x2.splat(0);
  let n2031 = f64x2.splat(0);
  let n3021 = f64x2.splat(0);
  for (let y: i32 = EDGE; y < SIDE - EDGE; y += 2) {
    for (let x: i32 = EDGE; x < SIDE - EDGE; x += 2) {
      const at = (y as usize) * ROW + ((x as usize) << 2);
      const g = gradient(laid + at);
      const h = gradient(goal + at);
      // How the pixel changes where the square is stretched.
      const e = f64x2.mul(g, pairOf((x as f64) - MIDDLE, (y as f64) - MIDDLE));
      const difference = f64x2.splat((load<f32>(goal + at) as f64) - (load<f32>(laid + at) as f64));
      const gg = f64x2.mul(g, g);
      both += sum(f64x2.mul(g, h));
      one += sum(gg);
      other += sum(f64x2.mul(h, h));
      t02 = f64x2.add(t02, f64x2.mul(g, difference));
      t13 = f64x2.add(t13, f64x2.mul(e, difference));
      n0022 = f64x2.add(n0022, gg);
      n1133 = f64x2.add(n1133, f64x2.mul(e, e));
      n1032 = f64x2.add(n1032, f64x2.mul(e, g));
      const ofX = v128.shuffle<f64>(g, e, 0, 2);
      n2031 = f64x2.add(n2031, f64x2.mul(ofX, v128.shuffle<f64>(g, e, 1, 3)));
      n3021 = f64x2.add(n3021, f64x2.mul(ofX, v128.shuffle<f64>(g, e, 3, 1)));
    }
  }
  store<f64>(result, both);
  store<f64>(result, one, 8);
  store<f64>(result, other, 16);
  scatter(result + 24, t02, 0, 2);
  scatter(result + 24, t13, 1, 3);
  const normal = result + 56;
  scatter(normal, n0022, 0, 10);
  scatter(normal, n1133, 5, 15);
  scatter(normal, n1032, 4, 14);
  scatter(normal, n2031, 8, 13);
  scatter(normal, n3021, 12, 9);
}

/** Two numbers to their places. */
@inline
function scatter(to: usize, two: v128, first: usize, second: usize): void {
  store<f64>(to + 8 * first, f64x2.extract_lane(two, 0));
  store<f64>(to + 8 * second, f64x2.extract_lane(two, 1));
}

/** By how much levels rise across and down, at a pixel. */
@inline
function gradient(at: usize): v128 {
  const across = (load<f32>(at + 4) as f64) - (load<f32>(at - 4) as f64);
  const down = (load<f32>(at + ROW) as f64) - (load<f32>(at - ROW) as f64);
  return f64x2.mul(pairOf(across, down), f64x2.splat(0.5));
}

@inline
function pair(at: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(at));
}

@inline
function pairOf(first: f64, second: f64): v128 {
  return f64x2.replace_lane(f64x2.splat(first), 1, second);
}

@inline
function sum(two: v128): f64 {
  return f64x2.extract_lane(two, 0) + f64x2.extract_lane(two, 1);
}
