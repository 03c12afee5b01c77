/**
 * A work file of numbers: a line of JSON that says what they are, then arrays of float64 or float32, one after the other. The
 * line is as long as a whole number of float64, so that arrays need not be copied to be aligned.
 * Every platform that onnxruntime-node is built for is little-endian, so the arrays' own bytes are the file's, and are read
 * back to the last bit.
 */
import { ContractBroken } from '../errors.ts';

type Arrays = Record<string, Float64Array | Float32Array>;

/** The file's bytes, in pieces. */
export function encodeArrays(head: object, arrays: Arrays): Uint8Array[] {
  const lengths = Object.entries(arrays).map(([name, { length, BYTES_PER_ELEMENT }]) => [
    name,
    length,
    BYTES_PER_ELEMENT,
  ]);
  const line = Buffer.from(JSON.stringify({ head, lengths }));
  return [
    line,
    Buffer.from('\n'.padStart(8 - (line.length % 8))),
    ...Object.values(arrays).map(
      ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength),
    ),
  ];
}

/**
 * What {@link encodeArrays} was given.
 *
 * @throws ContractBroken when the bytes are not such a file, or not a whole one
 */
export function decodeArrays<H, A extends Arrays>(bytes: Uint8Array): H & A {
  let at = bytes.indexOf(LINE_FEED) + 1;
  const { head, lengths } = parseLine(bytes.subarray(0, at));
  const arrays: Arrays = {};
  for (const [name, length, size] of lengths) {
    const end = at + size * length;
    if (end > bytes.length) break;
    const numbers = bytes.subarray(at, end);
    const { buffer, byteOffset } = numbers.byteOffset % size === 0 ? numbers : new Uint8Array(numbers);
    arrays[name] =
      size === 8
        ? new Float64Array(buffer, byteOffset, length)
        : new Float32Array(buffer, byteOffset, length);
    at = end;
  }
  if (at !== bytes.length || Object.keys(arrays).length !== lengths.length) {
    throw new ContractBroken(
      `a work file of numbers has ${bytes.length} bytes, which is not what its first line says`,
    );
  }
  return { ...head, ...arrays } as H & A;
}

const LINE_FEED = 10;

function parseLine(line: Uint8Array): {
  head: object;
  lengths: [name: string, length: number, size: number][];
} {
  try {
    return JSON.parse(Buffer.from(line).toString());
  } catch (cause) {
    throw new ContractBroken('a work file of numbers does not begin with a line of JSON', { cause });
  }
}
