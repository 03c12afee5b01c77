/**
 * The inner loops of reducing a symmetric matrix to tridiagonal form, a panel of columns at a time: LAPACK's dlatrd and
 * dsyr2k, over the upper triangle of a row-major matrix.
 *
 * Rows and columns are filled up with zeros to a multiple of four, so that loops take blocks of four and leave no rest.
 * Vectors of a panel lie in rows as long as the matrix's; `v` is zero up to its column. `width` is a row in bytes.
 */

/** Four numbers in bytes. */
const BLOCK: usize = 32;

/**
 * Reduces rows of the matrix from `start` on, one for each of `count`, as far as the panel goes: what the panel changes in
 * the rows after it is left for {@link updateTrailing}.
 *
 * @param v rows [count × width]: the reflections I − τ v vᵀ
 * @param w rows [count × width]: A becomes A − v wᵀ − w vᵀ, summed over them
 * @param result for each row: diagonal element, the one beside it, τ
 */
export function reducePanel(
  matrix: usize,
  width: usize,
  size: i32,
  start: i32,
  count: i32,
  v: usize,
  w: usize,
  result: usize,
): void {
  memory.fill(v, 0, (count as usize) * width);
  memory.fill(w, 0, (count as usize) * width);
  for (let c: i32 = 0; c < count; c++) {
    const at = ((start + c) as usize) << 3;
    const from = at & ~(BLOCK - 1);
    const row = matrix + ((start + c) as usize) * width;
    const thisV = v + (c as usize) * width;
    const thisW = w + (c as usize) * width;
    const end = (c as usize) * width;
    for (let p: usize = 0; p < end; p += width) {
      subtractTwo(row, load<f64>(w + p + at), v + p, load<f64>(v + p + at), w + p, from, width);
    }
    store<f64>(result, load<f64>(row + at));
    if (start + c + 1 < size) {
      const tau = reflect(row, at + 8, width, thisV, result + 8);
      store<f64>(result, tau, 16);
      if (tau !== 0) {
        multiply(matrix, width, from, thisV, thisW);
        for (let p: usize = 0; p < end; p += width) {
          const ofW = dot(w + p, thisV, from, width);
          const ofV = dot(v + p, thisV, from, width);
          subtractTwo(thisW, ofW, v + p, ofV, w + p, from, width);
        }
        scale(thisW, tau, (tau * tau * dot(thisW, thisV, from, width)) / 2, thisV, from, width);
        for (let i = from; i <= at; i += 8) store<f64>(thisW + i, 0);
      }
    }
    result += 24;
  }
}

/** The reflection that leaves of row[at…] only its first element, which is written to `length`. @returns τ */
function reflect(row: usize, at: usize, width: usize, v: usize, length: usize): f64 {
  const first = load<f64>(row + at);
  let rest: f64 = 0;
  for (let i = at + 8; i < width; i += 8) rest += load<f64>(row + i) * load<f64>(row + i);
  if (rest === 0) {
    store<f64>(length, first);
    return 0;
  }
  const reflected = -copysign<f64>(sqrt<f64>(first * first + rest), first);
  const factor = 1 / (first - reflected);
  for (let i = at + 8; i < width; i += 8) store<f64>(v + i, load<f64>(row + i) * factor);
  store<f64>(v + at, 1);
  store<f64>(length, reflected);
  return (reflected - first) / reflected;
}

/** w = A v over rows and columns from `from` on; four rows at a time, each element of the upper triangle read once. */
function multiply(matrix: usize, width: usize, from: usize, v: usize, w: usize): void {
  for (let i = from; i < width; i += BLOCK) {
    const row0 = matrix + (i >> 3) * width;
    const row1 = row0 + width;
    const row2 = row1 + width;
    const row3 = row2 + width;
    const x0 = v128.load64_splat(v + i);
    const x1 = v128.load64_splat(v + i, 8);
    const x2 = v128.load64_splat(v + i, 16);
    const x3 = v128.load64_splat(v + i, 24);
    let sum0 = f64x2.splat(0);
    let sum1 = f64x2.splat(0);
    let sum2 = f64x2.splat(0);
    let sum3 = f64x2.splat(0);
    for (let k = i + BLOCK; k < width; k += 16) {
      const x = v128.load(v + k);
      const a0 = v128.load(row0 + k);
      const a1 = v128.load(row1 + k);
      const a2 = v128.load(row2 + k);
      const a3 = v128.load(row3 + k);
      sum0 = f64x2.add(sum0, f64x2.mul(a0, x));
      sum1 = f64x2.add(sum1, f64x2.mul(a1, x));
      sum2 = f64x2.add(sum2, f64x2.mul(a2, x));
      sum3 = f64x2.add(sum3, f64x2.mul(a3, x));
      const below = f64x2.add(
        f64x2.add(f64x2.mul(a0, x0), f64x2.mul(a1, x1)),
        f64x2.add(f64x2.mul(a2, x2), f64x2.mul(a3, x3)),
      );
      v128.store(w + k, f64x2.add(v128.load(w + k), below));
    }
    multiplyDiagonal(row0 + i, width, v + i, w + i);
    add(w + i, sum0);
    add(w + i + 8, sum1);
    add(w + i + 16, sum2);
    add(w + i + 24, sum3);
  }
}

/** The same of a block [4 × 4] on the diagonal. */
function multiplyDiagonal(block: usize, width: usize, v: usize, w: usize): void {
  for (let r: usize = 0; r < BLOCK; r += 8) {
    const row = block + (r >> 3) * width;
    let sum = load<f64>(row + r) * load<f64>(v + r);
    for (let c = r + 8; c < BLOCK; c += 8) {
      sum += load<f64>(row + c) * load<f64>(v + c);
      store<f64>(w + c, load<f64>(w + c) + load<f64>(row + c) * load<f64>(v + r));
    }
    store<f64>(w + r, load<f64>(w + r) + sum);
  }
}

/**
 * A − Σ (v wᵀ + w vᵀ) over the upper triangle from row `start` on, a block [4 × 4] at a time; below the diagonal, blocks on
 * it are changed too.
 *
 * @param packed room for 2 × count × width bytes: for each block of four columns, v's and w's of all rows of the panel
 */
export function updateTrailing(
  matrix: usize,
  width: usize,
  start: i32,
  count: i32,
  v: usize,
  w: usize,
  packed: usize,
): void {
  const from = ((start as usize) << 3) & ~(BLOCK - 1);
  const piece = 2 * BLOCK * (count as usize);
  for (let i = from, to = packed; i < width; i += BLOCK) {
    const end = (count as usize) * width;
    for (let p: usize = 0; p < end; p += width, to += 2 * BLOCK) {
      v128.store(to, v128.load(v + p + i));
      v128.store(to, v128.load(v + p + i, 16), 16);
      v128.store(to, v128.load(w + p + i), 32);
      v128.store(to, v128.load(w + p + i, 16), 48);
    }
  }
  for (let i = from, ofRows = packed; i < width; i += BLOCK, ofRows += piece) {
    for (let k = i, ofColumns = ofRows; k < width; k += BLOCK, ofColumns += piece) {
      updateBlock(matrix + (i >> 3) * width + k, width, ofRows, ofColumns, piece);
    }
  }
}

function updateBlock(block: usize, width: usize, ofRows: usize, ofColumns: usize, piece: usize): void {
  const row1 = block + width;
  const row2 = row1 + width;
  const row3 = row2 + width;
  let a0 = v128.load(block);
  let b0 = v128.load(block, 16);
  let a1 = v128.load(row1);
  let b1 = v128.load(row1, 16);
  let a2 = v128.load(row2);
  let b2 = v128.load(row2, 16);
  let a3 = v128.load(row3);
  let b3 = v128.load(row3, 16);
  for (let end = ofRows + piece; ofRows < end; ofRows += 2 * BLOCK, ofColumns += 2 * BLOCK) {
    for (let half: usize = 0; half <= BLOCK; half += BLOCK) {
      // Rows of v with columns of w, then rows of w with columns of v.
      const other = BLOCK - half;
      const left = v128.load(ofColumns + other);
      const right = v128.load(ofColumns + other, 16);
      const x0 = v128.load64_splat(ofRows + half);
      a0 = f64x2.sub(a0, f64x2.mul(x0, left));
      b0 = f64x2.sub(b0, f64x2.mul(x0, right));
      const x1 = v128.load64_splat(ofRows + half, 8);
      a1 = f64x2.sub(a1, f64x2.mul(x1, left));
      b1 = f64x2.sub(b1, f64x2.mul(x1, right));
      const x2 = v128.load64_splat(ofRows + half, 16);
      a2 = f64x2.sub(a2, f64x2.mul(x2, left));
      b2 = f64x2.sub(b2, f64x2.mul(x2, right));
      const x3 = v128.load64_splat(ofRows + half, 24);
      a3 = f64x2.sub(a3, f64x2.mul(x3, left));
      b3 = f64x2.sub(b3, f64x2.mul(x3, right));
    }
  }
  v128.store(block, a0);
  v128.store(block, b0, 16);
  v128.store(row1, a1);
  v128.store(row1, b1, 16);
  v128.store(row2, a2);
  v128.store(row2, b2, 16);
  v128.store(row3, a3);
  v128.store(row3, b3, 16);
}

function dot(a: usize, b: usize, from: usize, width: usize): f64 {
  let even = f64x2.splat(0);
  let odd = f64x2.splat(0);
  for (let i = from; i < width; i += BLOCK) {
    even = f64x2.add(even, f64x2.mul(v128.load(a + i), v128.load(b + i)));
    odd = f64x2.add(odd, f64x2.mul(v128.load(a + i, 16), v128.load(b + i, 16)));
  }
  return sumOf(f64x2.add(even, odd));
}

/** target −= α·a + β·b */
function subtractTwo(target: usize, alpha: f64, a: usize, beta: f64, b: usize, from: usize, width: usize): void {
  const alphas = f64x2.splat(alpha);
  const betas = f64x2.splat(beta);
  for (let i = from; i < width; i += 16) {
    const both = f64x2.add(f64x2.mul(alphas, v128.load(a + i)), f64x2.mul(betas, v128.load(b + i)));
    v128.store(target + i, f64x2.sub(v128.load(target + i), both));
  }
}

/** target = α·target − β·b */
function scale(target: usize, alpha: f64, beta: f64, b: usize, from: usize, width: usize): void {
  const alphas = f64x2.splat(alpha);
  const betas = f64x2.splat(beta);
  for (let i = from; i < width; i += 16) {
    const rest = f64x2.mul(betas, v128.load(b + i));
    v128.store(target + i, f64x2.sub(f64x2.mul(alphas, v128.load(target + i)), rest));
  }
}

function add(to: usize, pair: v128): void {
  store<f64>(to, load<f64>(to) + sumOf(pair));
}

function sumOf(pair: v128): f64 {
  return f64x2.extract_lane(pair, 0) + f64x2.extract_lane(pair, 1);
}
