/** What joining two halves leaves as it is: LAPACK's dlaed2. */

export interface Deflation {
  /** Indices that remain, by ascending d. */
  active: number[];
  /** Indices set apart. */
  deflated: number[];
  /** Of the basis, in the order in which they were made. */
  rotations: Rotation[];
}

export interface Rotation {
  first: number;
  second: number;
  cosine: number;
  sine: number;
}

/**
 * Sets apart what the rank-one term does not change to working precision: elements with a negligible weight, and
 * all but one of a group of equal ones, whose weights a rotation gathers in that one. Changes d and z in place.
 */
export function deflate(d: Float64Array, z: Float64Array, rho: number): Deflation {
  const largest = Math.max(...d.map(Math.abs), ...z.map(Math.abs));
  const negligible = 8 * Number.EPSILON * largest;
  const active: number[] = [];
  const deflated: number[] = [];
  const rotations: Rotation[] = [];
  for (const i of [...d.keys()].sort((a, b) => d[a]! - d[b]!)) {
    if (rho * Math.abs(z[i]!) <= negligible) {
      deflated.push(i);
      continue;
    }
    const previous = active.at(-1);
    if (previous !== undefined) {
      const length = Math.hypot(z[i]!, z[previous]!);
      const cosine = z[i]! / length;
      const sine = -z[previous]! / length;
      const [low, high] = [d[previous]!, d[i]!];
      if (Math.abs((high - low) * cosine * sine) <= negligible) {
        z[i] = length;
        z[previous] = 0;
        d[previous] = low * cosine ** 2 + high * sine ** 2;
        d[i] = low * sine ** 2 + high * cosine ** 2;
        rotations.push({ first: previous, second: i, cosine, sine });
        deflated.push(previous);
        active.pop();
      }
    }
    active.push(i);
  }
  return { active, deflated, rotations };
}

/** Rotates two rows of a row-major matrix in place. */
export function rotateRows(
  rows: Float64Array,
  width: number,
  { first, second, cosine, sine }: Rotation,
): void {
  for (let c = 0; c < width; c++) {
    const a = rows[first * width + c]!;
    const b = rows[second * width + c]!;
    rows[first * width + c] = cosine * a - sine * b;
    rows[second * width + c] = sine * a + cosine * b;
  }
}
