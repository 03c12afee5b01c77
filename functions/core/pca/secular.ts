/**
 * The eigenvalues of a diagonal matrix plus a rank-one term, D + ρ z zᵀ: the roots of the secular equation
 * 1/ρ + Σ zᵢ² / (dᵢ − λ) = 0, one in each interval between neighbouring dᵢ and one above the last.
 */

/** Eigenvalues, each kept as its distance from the pole nearest to it, so that dᵢ − λⱼ has full precision. */
export interface SecularRoots {
  /** λⱼ = d[origin[j]] + shift[j], ascending. */
  origin: Int32Array;
  shift: Float64Array;
}

/**
 * Solves the secular equation for all its roots, by two-pole rational interpolation kept in a bracket:
 * R.-C. Li, "Solving secular equations stably and efficiently", LAPACK Working Note 89 (1994), "the middle way".
 *
 * @param d Float64Array [n], strictly ascending
 * @param z Float64Array [n], no element zero
 * @param rho > 0
 */
export function solveSecular(d: Float64Array, z: Float64Array, rho: number): SecularRoots {
  const n = d.length;
  const squares = z.map((value) => value * value);
  const roots = { origin: new Int32Array(n), shift: new Float64Array(n) };
  const poles = new Float64Array(n);
  for (let j = 0; j < n; j++) {
    const isLast = j === n - 1;
    const width = isLast ? rho * squares.reduce((sum, square) => sum + square, 0) : d[j + 1]! - d[j]!;
    if (n === 1) {
      roots.shift[0] = width;
      break;
    }
    // Left of the pole j + 1, right of the pole j; the last root is interpolated from the last two poles.
    const split = isLast ? n - 2 : j;
    for (let i = 0; i < n; i++) poles[i] = d[i]! - d[j]!;
    const isRight = evaluate(poles, squares, rho, split, width / 2).value < 0;
    let bracket: [number, number] = isRight ? [width / 2, width] : [0, width / 2];
    if (isRight && !isLast) {
      for (let i = 0; i < n; i++) poles[i] = d[i]! - d[j + 1]!;
      bracket = [-width / 2, 0];
    }
    roots.origin[j] = isRight && !isLast ? j + 1 : j;
    roots.shift[j] = solveBetween(poles, squares, rho, split, bracket);
  }
  return roots;
}

/**
 * The vector ẑ for which the computed roots are the exact eigenvalues of D + ρ ẑ ẑᵀ, up to its length; eigenvectors
 * made from it are orthogonal however close the roots lie.
 *
 * Gu and Eisenstat, "A stable and efficient algorithm for the rank-one modification of the symmetric
 * eigenproblem", SIAM J. Matrix Anal. Appl. 15 (1994).
 *
 * @returns Float64Array [n] with the signs of z
 */
export function refineVector(
  d: Float64Array,
  z: Float64Array,
  { origin, shift }: SecularRoots,
): Float64Array {
  const n = d.length;
  return z.map((value, i) => {
    const pole = d[i]!;
    let square = d[origin[n - 1]!]! - pole + shift[n - 1]!;
    for (let j = 0; j < n - 1; j++) {
      const toRoot = d[origin[j]!]! - pole + shift[j]!;
      square *= toRoot / (d[j < i ? j : j + 1]! - pole);
    }
    return Math.sign(value) * Math.sqrt(Math.abs(square));
  });
}

/** The root in a bracket; poles are relative to its origin. */
function solveBetween(
  poles: Float64Array,
  squares: Float64Array,
  rho: number,
  split: number,
  [low, high]: [number, number],
): number {
  let root = (low + high) / 2;
  for (;;) {
    const { value, left, right, error } = evaluate(poles, squares, rho, split, root);
    if (Math.abs(value) <= error) return root;
    if (value < 0) low = root;
    else high = root;
    const toLeft = poles[split]! - root;
    const toRight = poles[split + 1]! - root;
    const next = interpolate(value, left, right, toLeft, toRight).find(
      (s) => root + s > low && root + s < high,
    );
    const middle = (low + high) / 2;
    if (!(middle > low && middle < high)) return root; // what is not a number ends here too
    root = next === undefined ? middle : root + next;
  }
}

/** The secular function, its derivative's two parts (poles up to `split`, poles after), and its rounding error. */
function evaluate(poles: Float64Array, squares: Float64Array, rho: number, split: number, at: number) {
  let sum = 0;
  let size = 0;
  let left = 0;
  let right = 0;
  for (let i = 0; i < poles.length; i++) {
    const inverse = 1 / (poles[i]! - at);
    const term = squares[i]! * inverse;
    sum += term;
    size += Math.abs(term);
    if (i <= split) left += term * inverse;
    else right += term * inverse;
  }
  const error = Number.EPSILON * (8 * size + 1 / rho + Math.abs(at) * (left + right));
  return { value: 1 / rho + sum, left, right, error };
}

/** The steps to the two roots of c + r/(pₗ − λ) + s/(pᵣ − λ) with the function's value and derivatives. */
function interpolate(value: number, left: number, right: number, toLeft: number, toRight: number): number[] {
  const c = value - toLeft * left - toRight * right;
  const a = (toLeft + toRight) * value - toLeft * toRight * (left + right);
  const b = toLeft * toRight * value;
  const root = Math.sqrt(Math.max(0, a * a - 4 * b * c));
  // The form without cancellation, and the other root from the product of both, b / c.
  const sum = a > 0 ? a + root : a - root;
  return [(2 * b) / sum, sum / (2 * c)];
}
