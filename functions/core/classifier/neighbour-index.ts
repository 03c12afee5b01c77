/**
 * The photos that a photo is compared with, in a file small enough to be kept in memory: their keys, labels and features, the
 * latter as half-precision floats, and of many photos only in the directions in which most of their length lies.
 */
import { ContractBroken } from '../errors.ts';
import type { MatrixProducts } from '../pca/matrix.ts';
import { fromFloat16, toFloat16 } from './float16.ts';
import { type PlacedRows, placeRows, roughness } from './rough-products.ts';

/** Most photos in an index; of more, an even sample by label. */
export const MOST_INDEXED = 50_000;

/** Numbers up to which all features of each photo are kept. */
const MOST_NUMBERS = 3_200_000;

/**
 * Numbers a photo, so that looking through all of them takes milliseconds: all features up to 2,500 photos of 1280, 128
 * directions up to 25,000, 64 beyond.
 */
export function widthOf(rows: number, d: number): number {
  if (rows * d <= MOST_NUMBERS) return d;
  return Math.min(d, rows * 128 <= MOST_NUMBERS ? 128 : 64);
}

export interface NeighbourIndex {
  model: string;
  /** Features of a photo, d. */
  dimension: number;
  /** Numbers kept of a photo, w ≤ d. */
  width: number;
  keys: string[];
  labels: (string | null)[];
  /** Row-major Float32Array [d × w]; absent where all features are kept. */
  basis?: Float32Array;
  /** Vectors as {@link toVectors} makes them, row-major Float32Array [n × w]. */
  vectors: Float32Array;
}

/** An index that can be asked. */
export type OpenIndex = NeighbourIndex & Pick<PlacedRows, 'productsWith'>;

/** A photo of the index, and how like the one asked about it is. */
export interface Neighbour {
  key: string;
  label: string | null;
  /** Cosine of their features, at most 1; where only some directions are kept, what they contribute to it. */
  similarity: number;
}

/**
 * Rows as the index keeps them: along the basis, divided by the length of all of the row. What of a row lies in no direction
 * of the basis then makes it less like every other, as it should be.
 *
 * @param rows row-major [n × d]
 * @param basis row-major Float64Array [d × w]
 * @returns row-major Float32Array [n × w]; zeros for a row of zeros
 */
export async function toVectors(
  rows: Float32Array,
  n: number,
  d: number,
  basis: Float64Array | undefined,
  products: MatrixProducts,
): Promise<Float32Array> {
  const w = basis ? basis.length / d : d;
  const vectors = basis ? await products.multiply(rows, basis, n, d, w) : rows;
  const unit = new Float32Array(n * w);
  for (let row = 0; row < n; row++) {
    const scale = 1 / lengthOf(rows.subarray(row * d, (row + 1) * d));
    for (let i = row * w; i < (row + 1) * w; i++) unit[i] = Number.isFinite(scale) ? vectors[i]! * scale : 0;
  }
  return unit;
}

/** Makes an index ready to be asked. */
export function openIndex(index: NeighbourIndex): OpenIndex {
  const { rows, productsWith } = placeRows(index.vectors, index.width);
  return { ...index, vectors: rows, productsWith };
}

/**
 * The photos most like one, most alike first; of photos as alike, the first in the index. Rough products tell which may be
 * among them, and only of these the exact ones are computed: it is as if all were.
 *
 * @param features Float32Array [d]
 */
export function nearest(index: OpenIndex, features: Float32Array, most: number): Neighbour[] {
  const { width: w, vectors, keys, labels } = index;
  const asked = vectorOf(index, features);
  const rough = index.productsWith(asked);
  const slack = roughness(w);
  const found: { at: number; similarity: number }[] = [];
  for (let at = 0; at < rough.length; at++) {
    if (found.length === most && rough[at]! + slack < found[most - 1]!.similarity) continue;
    const similarity = dotAt(vectors, at * w, asked);
    if (found.length === most && similarity <= found[most - 1]!.similarity) continue;
    if (found.length === most) found.pop();
    let place = found.length;
    while (place > 0 && found[place - 1]!.similarity < similarity) place--;
    found.splice(place, 0, { at, similarity });
  }
  return found.map(({ at, similarity }) => ({
    key: keys[at]!,
    label: labels[at]!,
    similarity: Math.min(similarity, 1),
  }));
}

/** `index.bin`: 8 bytes of name, the length of a JSON header in 4, the header, the basis in float32, vectors in float16. */
export function encodeIndex(index: NeighbourIndex): Uint8Array {
  const { model, dimension, width, keys, labels, vectors, basis } = index;
  const json = Buffer.from(JSON.stringify({ model, dimension, width, keys, labels }));
  const room = Buffer.alloc(Math.ceil((PREFIX + json.length) / 8) * 8 - PREFIX, ' ');
  json.copy(room);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(room.length);
  const halves = toFloat16(vectors);
  return Buffer.concat([
    Buffer.from(NAME),
    length,
    room,
    ...(basis ? [Buffer.from(basis.buffer, basis.byteOffset, basis.byteLength)] : []),
    Buffer.from(halves.buffer, halves.byteOffset, halves.byteLength),
  ]);
}

/** @throws ContractBroken where the bytes are not such a file */
export function decodeIndex(file: Uint8Array): OpenIndex {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.length);
  if (bytes.toString('latin1', 0, NAME.length) !== NAME) {
    throw new ContractBroken(
      `index.bin should begin with ${NAME}; it was written by another version of Verger`,
    );
  }
  const start = PREFIX + bytes.readUInt32LE(NAME.length);
  const header = JSON.parse(bytes.toString('utf8', PREFIX, start)) as Omit<
    NeighbourIndex,
    'vectors' | 'basis'
  >;
  const { dimension: d, width: w, keys } = header;
  const basisBytes = w < d ? 4 * d * w : 0;
  const wanted = start + basisBytes + 2 * w * keys.length;
  if (bytes.length !== wanted) {
    throw new ContractBroken(
      `index.bin of ${keys.length} photos should have ${wanted} bytes, has ${bytes.length}`,
    );
  }
  const copy = (from: number, to: number) => new Uint8Array(bytes.subarray(from, to)).buffer;
  return openIndex({
    ...header,
    ...(basisBytes > 0 && { basis: new Float32Array(copy(start, start + basisBytes)) }),
    vectors: fromFloat16(new Uint16Array(copy(start + basisBytes, wanted))),
  });
}

const NAME = 'VERGERI1';
const PREFIX = NAME.length + 4;

function vectorOf({ dimension: d, width: w, basis }: NeighbourIndex, features: Float32Array): Float32Array {
  const length = lengthOf(features) || 1;
  if (basis === undefined) return features.map((value) => value / length);
  const vector = new Float64Array(w);
  for (let i = 0; i < d; i++) {
    for (let c = 0, at = i * w; c < w; c++, at++) vector[c]! += (features[i]! / length) * basis[at]!;
  }
  return Float32Array.from(vector);
}

function dotAt(vectors: Float32Array, start: number, asked: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < asked.length; i++) sum += vectors[start + i]! * asked[i]!;
  return sum;
}

function lengthOf(row: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < row.length; i++) sum += row[i]! * row[i]!;
  return Math.sqrt(sum);
}
