/**
 * The first directory of a TIFF or BigTIFF (TIFF 6.0, section 2), read without libtiff: what the samples are, and a
 * copy of the file that says only that.
 */

/** Tags by their names in TIFF 6.0, those that tell how samples become pixels. */
export const TAG = {
  ImageWidth: 256,
  ImageLength: 257,
  BitsPerSample: 258,
  Compression: 259,
  PhotometricInterpretation: 262,
  FillOrder: 266,
  StripOffsets: 273,
  Orientation: 274,
  SamplesPerPixel: 277,
  RowsPerStrip: 278,
  StripByteCounts: 279,
  PlanarConfiguration: 284,
  T4Options: 292,
  T6Options: 293,
  Predictor: 317,
  ColorMap: 320,
  TileWidth: 322,
  TileLength: 323,
  TileOffsets: 324,
  TileByteCounts: 325,
  InkSet: 332,
  NumberOfInks: 334,
  ExtraSamples: 338,
  SampleFormat: 339,
  JpegTables: 347,
  YCbCrCoefficients: 529,
  YCbCrSubSampling: 530,
  YCbCrPositioning: 531,
  ReferenceBlackWhite: 532,
  IccProfile: 34_675,
} as const;

/** A directory and where its parts lie. */
export interface TiffDirectory {
  /** Whole numbers of the readable tags, at most {@link MOST_VALUES} each. */
  values: ReadonlyMap<number, number[]>;
  /** Where each entry stands, in the file's order. */
  entries: readonly { tag: number; at: number }[];
  layout: Layout;
  /** Where the count of entries stands. */
  at: number;
}

interface Layout {
  little: boolean;
  /** BigTIFF: 8 bytes where TIFF has 4. */
  big: boolean;
}

/** Bytes of a value, by its type: of whole numbers, as libtiff takes no other for the tags above that have one. */
const SIZES: Record<number, number> = {
  1: 1, // BYTE
  3: 2, // SHORT
  4: 4, // LONG
  6: 1, // SBYTE
  7: 1, // UNDEFINED
  8: 2, // SSHORT
  9: 4, // SLONG
  13: 4, // IFD
  16: 8, // LONG8
  17: 8, // SLONG8
  18: 8, // IFD8
};
const MOST_VALUES = 16;

/** @returns undefined where there is no directory to read: libtiff will say what is wrong */
export function readTiffDirectory(bytes: Uint8Array): TiffDirectory | undefined {
  if (bytes.length < 16) return undefined;
  const view = viewOf(bytes);
  const layout = { little: bytes[0] === 0x49, big: view.getUint16(2, bytes[0] === 0x49) === 43 };
  const { little, big } = layout;
  const at = big ? Number(view.getBigUint64(8, little)) : view.getUint32(4, little);
  if (at + 8 > bytes.length) return undefined;
  const count = big ? Number(view.getBigUint64(at, little)) : view.getUint16(at, little);
  const [first, size] = big ? [at + 8, 20] : [at + 2, 12];
  if (count > 65_535 || first + count * size > bytes.length) return undefined;

  const values = new Map<number, number[]>();
  const entries = Array.from({ length: count }, (_, i) => {
    const entry = first + i * size;
    const tag = view.getUint16(entry, little);
    // Where a tag occurs twice, libtiff takes the first.
    if (!values.has(tag)) values.set(tag, readValues(view, entry, layout));
    return { tag, at: entry };
  });
  return { values, entries, layout, at };
}

/**
 * A copy of the file whose first directory holds only the tags that pixels depend on, and points to no other
 * directory: whatever libtiff complains of then is about pixels. Scalars are written in the type that TIFF 6.0 gives
 * them. An orientation out of range, a profile outside the file and byte counts of another type are left out: libtiff
 * does without.
 */
export function withPixelTagsOnly(bytes: Uint8Array, { entries, values, layout, at }: TiffDirectory): Buffer {
  const copy = Buffer.from(bytes);
  const view = viewOf(copy);
  const { little, big } = layout;
  const [first, size] = big ? [at + 8, 20] : [at + 2, 12];
  const seen = new Set<number>();
  const kept = entries.filter(({ tag, at: from }) => {
    if (!KEPT.has(tag) || seen.has(tag)) return false;
    seen.add(tag);
    const [value] = values.get(tag) ?? [];
    if (tag === TAG.Orientation) return isOrientation(value);
    if (tag === TAG.IccProfile) return value !== undefined;
    return tag !== TAG.StripByteCounts || COUNTS.has(view.getUint16(from + 2, little));
  });
  // The file may have them in any order; libtiff wants this one.
  kept.sort((a, b) => a.tag - b.tag);
  for (const [i, { tag, at: from }] of kept.entries()) {
    const to = first + i * size;
    copy.set(bytes.subarray(from, from + size), to);
    const [value, ...more] = values.get(tag) ?? [];
    if (SCALARS.has(tag) && value !== undefined && more.length === 0) writeLong(view, to, value, layout);
  }
  const end = first + kept.length * size;
  if (big) view.setBigUint64(at, BigInt(kept.length), little);
  else view.setUint16(at, kept.length, little);
  copy.subarray(end, end + (big ? 8 : 4)).fill(0);
  return copy;
}

export function isOrientation(value: number | undefined): value is number {
  return value !== undefined && value >= 1 && value <= 8;
}

/** Types of byte counts: SHORT, LONG and LONG8. */
const COUNTS: ReadonlySet<number> = new Set([3, 4, 16]);
const KEPT: ReadonlySet<number> = new Set(Object.values(TAG));
const SCALARS: ReadonlySet<number> = new Set([
  TAG.ImageWidth,
  TAG.ImageLength,
  TAG.Compression,
  TAG.PhotometricInterpretation,
  TAG.FillOrder,
  TAG.Orientation,
  TAG.SamplesPerPixel,
  TAG.RowsPerStrip,
  TAG.PlanarConfiguration,
  TAG.T4Options,
  TAG.T6Options,
  TAG.Predictor,
  TAG.TileWidth,
  TAG.TileLength,
  TAG.InkSet,
  TAG.NumberOfInks,
  TAG.YCbCrPositioning,
]);

/** Turns an entry into one LONG, which libtiff takes wherever TIFF 6.0 says SHORT or LONG. */
function writeLong(view: DataView, entry: number, value: number, { little, big }: Layout): void {
  view.setUint16(entry + 2, 4, little);
  if (big) view.setBigUint64(entry + 4, 1n, little);
  else view.setUint32(entry + 4, 1, little);
  const at = entry + (big ? 12 : 8);
  if (big) view.setBigUint64(at, 0n, little);
  view.setUint32(at, value, little);
}

function readValues(view: DataView, entry: number, { little, big }: Layout): number[] {
  const type = view.getUint16(entry + 2, little);
  const count = big ? Number(view.getBigUint64(entry + 4, little)) : view.getUint32(entry + 4, little);
  const size = SIZES[type];
  if (size === undefined) return [];
  const [at, room] = big ? [entry + 12, 8] : [entry + 8, 4];
  const far = big ? Number(view.getBigUint64(at, little)) : view.getUint32(at, little);
  const from = size * count <= room ? at : far;
  if (from + size * count > view.byteLength) return [];
  const read = Math.min(count, MOST_VALUES);
  return Array.from({ length: read }, (_, i) => readNumber(view, from + i * size, type, little));
}

function readNumber(view: DataView, at: number, type: number, little: boolean): number {
  switch (type) {
    case 3:
      return view.getUint16(at, little);
    case 4:
    case 13:
      return view.getUint32(at, little);
    case 6:
      return view.getInt8(at);
    case 8:
      return view.getInt16(at, little);
    case 9:
      return view.getInt32(at, little);
    case 16:
    case 17:
    case 18:
      return Number(view.getBigInt64(at, little));
    default:
      return view.getUint8(at);
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
