/** Half-precision floats (IEEE 754 binary16), which JavaScript has no array for on every Node that Verger runs on. */

/** The nearest halves, ties to even, as 16-bit patterns. */
export function toFloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(bits.length);
  for (let i = 0; i < bits.length; i++) halves[i] = halfOf(bits[i]!); // `from` would make a list of them first: 200 MB for 50,000 photos
  return halves;
}

function halfOf(word: number): number {
  const sign = (word >>> 16) & 0x8000;
  const exponent = ((word >>> 23) & 0xff) - 112;
  const fraction = word & 0x7fffff;
  if (exponent >= 31) return sign | (exponent === 143 && fraction !== 0 ? 0x7e00 : 0x7c00);
  if (exponent > 0) return sign | roundShift((exponent << 23) | fraction, 13);
  return exponent < -10 ? sign : sign | roundShift(fraction | 0x800000, 14 - exponent);
}

/** @param halves 16-bit patterns */
export function fromFloat16(halves: Uint16Array): Float32Array {
  table ??= Float32Array.from({ length: 2 ** 16 }, (_, half) => numberOf(half));
  const known = table;
  const values = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) values[i] = known[halves[i]!]!;
  return values;
}

/** The value of each pattern, made on first use. */
let table: Float32Array | undefined;

function numberOf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 31;
  const fraction = half & 0x3ff;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

function roundShift(value: number, by: number): number {
  const rest = value & ((1 << by) - 1);
  const whole = value >>> by;
  const half = 1 << (by - 1);
  return rest > half || (rest === half && (whole & 1) === 1) ? whole + 1 : whole;
}
