/**
 * The little vector algebra the samples need.
 */
import type { Triple } from './texture.ts';

/** The vector from `b` to `a`. */
export function minus(a: Triple, b: Triple): Triple {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

/** The cross product. */
export function cross(a: Triple, b: Triple): Triple {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

/** The vector at length 1; a vector of length 0 stays as it is. */
export function unit(a: Triple): Triple {
  const length = Math.hypot(a[0], a[1], a[2]) || 1;
  return [a[0] / length, a[1] / length, a[2] / length];
}

/** The point turned by degrees about axis 0 (x), 1 (y) or 2 (z). */
export function turn(point: Triple, axis: 0 | 1 | 2, degrees: number): Triple {
  const angle = (degrees * Math.PI) / 180;
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const turned: [number, number, number] = [...point];
  const [i, j] = [((axis + 1) % 3) as 0 | 1 | 2, ((axis + 2) % 3) as 0 | 1 | 2];
  turned[i] = c * point[i] - s * point[j];
  turned[j] = s * point[i] + c * point[j];
  return turned;
}
