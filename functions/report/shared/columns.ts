/** Columns of numbers as text: whole numbers in base64, two bytes each, so that 8,000 photos stay small in the page. */

/** Whole numbers in 0…65535, little-endian. */
export function encodeWholes(values: ArrayLike<number>): string {
  let bytes = '';
  for (let at = 0; at < values.length; at++)
    bytes += String.fromCharCode(values[at]! & 255, values[at]! >> 8);
  return btoa(bytes);
}

export function decodeWholes(text: string): Uint16Array {
  const bytes = atob(text);
  return Uint16Array.from(
    { length: bytes.length / 2 },
    (_, at) => bytes.charCodeAt(2 * at) | (bytes.charCodeAt(2 * at + 1) << 8),
  );
}

/** A column of numbers: value = from + step × whole number. */
export interface Column {
  from: number;
  step: number;
  at: string;
}

const STEPS = 65_535;

/** Rounds to 1/65535 of the range: a hundredth of a pixel. */
export function packColumn(values: readonly number[]): Column {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  const step = most > least ? (most - least) / STEPS : 1;
  const wholes = values.map((value) => Math.round((value - least) / step));
  return { from: values.length > 0 ? least : 0, step, at: encodeWholes(wholes) };
}

export function unpackColumn({ from, step, at }: Column): number[] {
  return Array.from(decodeWholes(at), (whole) => from + step * whole);
}
