/** The boxes of a HEIF file (ISO/IEC 23008-12, HEIC and AVIF) that tell what its primary picture is. */

/** The primary picture, as its boxes describe it: nothing is decoded. */
export interface HeifPicture {
  /** How it is coded, or its tiles are: `hvc1`, `av01`, `jpeg` and others; empty where the file does not say. */
  coding: string;
  /** Size as stored, before it is cropped or turned. */
  width: number;
  height: number;
  /** Where its `colr` box of type nclx has its four fields, colour primaries first; undefined where there is none. */
  nclxAt: number | undefined;
  /** Where its av1C box has its four bytes. */
  av1cAt: number | undefined;
  /** Where its coded data begin, if they lie in the file itself. */
  dataAt: number | undefined;
  /** Its ICC profile. */
  icc: Buffer | undefined;
  /** True where its colours are multiplied by alpha already. */
  isPremultiplied: boolean;
}

interface Box {
  type: string;
  /** Where its content begins and ends. */
  at: number;
  end: number;
}

/** @returns undefined where the file has no primary picture that can be made out */
export function readHeifPicture(bytes: Uint8Array): HeifPicture | undefined {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const meta = childOf(view, { type: '', at: 0, end: view.length }, 'meta');
    return meta && describe(view, { ...meta, at: meta.at + 4 });
  } catch (error) {
    if (error instanceof RangeError) return undefined; // a box that reaches past the end of the file
    throw error;
  }
}

function describe(view: Buffer, meta: Box): HeifPicture | undefined {
  const pitm = childOf(view, meta, 'pitm');
  const iprp = childOf(view, meta, 'iprp');
  const ipco = iprp && childOf(view, iprp, 'ipco');
  const ipma = iprp && childOf(view, iprp, 'ipma');
  if (!pitm || !ipco || !ipma) return undefined;
  const primary = view[pitm.at] === 0 ? view.readUInt16BE(pitm.at + 4) : view.readUInt32BE(pitm.at + 4);
  const all = [...boxesIn(view, ipco)];
  const propertiesOf = (item: number) =>
    (associationOf(view, ipma, item)?.properties ?? []).flatMap((i) => all[i - 1] ?? []);
  const references = readReferences(view, meta);
  const types = readItemTypes(view, meta);

  const own = propertiesOf(primary);
  const ispe = own.find(({ type }) => type === 'ispe');
  if (!ispe) return undefined;
  // A derived picture is coded as what it is derived from: the tiles of a grid, most of all.
  let coded = primary;
  for (let depth = 0; depth < 4 && DERIVED.has(types.get(coded) ?? ''); depth++) {
    coded = references.find(({ type, from }) => type === 'dimg' && from === coded)?.to[0] ?? coded;
  }
  const properties = [...own, ...propertiesOf(coded)];
  const colourOf = (kind: RegExp) =>
    properties.find(({ type, at }) => type === 'colr' && kind.test(view.toString('latin1', at, at + 4)));
  const nclx = colourOf(/nclx/);
  const profile = colourOf(/prof|rICC/);
  return {
    coding: types.get(coded) ?? '',
    width: view.readUInt32BE(ispe.at + 4),
    height: view.readUInt32BE(ispe.at + 8),
    nclxAt: nclx && nclx.at + 4,
    av1cAt: properties.find(({ type }) => type === 'av1C')?.at,
    dataAt: dataOf(view, meta, coded),
    icc: profile && view.subarray(profile.at + 4, profile.end),
    isPremultiplied: references.some(({ type, from }) => type === 'prem' && from === primary),
  };
}

const DERIVED = new Set(['grid', 'iden', 'iovl', 'tmap']);

function* boxesIn(view: Buffer, { at: from, end: to }: Box): Generator<Box> {
  for (let at = from; at + 8 <= to; ) {
    const short = view.readUInt32BE(at);
    const head = short === 1 ? 16 : 8;
    const size = short === 1 ? Number(view.readBigUInt64BE(at + 8)) : short === 0 ? to - at : short;
    if (size < head) return;
    yield { type: view.toString('latin1', at + 4, at + 8), at: at + head, end: Math.min(at + size, to) };
    at += size;
  }
}

function childOf(view: Buffer, parent: Box, type: string): Box | undefined {
  for (const box of boxesIn(view, parent)) if (box.type === type) return box;
  return undefined;
}

/** Which properties an item has (ItemPropertyAssociationBox). */
interface Association {
  item: number;
  /** Numbers of the properties, counted from 1. */
  properties: number[];
  /** Where their count stands, and where they end. */
  countAt: number;
  end: number;
  /** Two bytes each. */
  isWide: boolean;
}

function* associationsIn(view: Buffer, { at }: Box): Generator<Association> {
  const idSize = view.readUInt8(at) >= 1 ? 4 : 2;
  const isWide = (view.readUInt8(at + 3) & 1) === 1;
  let next = at + 8;
  for (let entry = view.readUInt32BE(at + 4); entry > 0; entry--) {
    const item = view.readUIntBE(next, idSize);
    const countAt = next + idSize;
    next = countAt + 1;
    const properties: number[] = [];
    for (let count = view.readUInt8(countAt); count > 0; count--) {
      properties.push(isWide ? view.readUInt16BE(next) & 0x7fff : view.readUInt8(next) & 0x7f);
      next += isWide ? 2 : 1;
    }
    yield { item, properties, countAt, end: next, isWide };
  }
}

function associationOf(view: Buffer, ipma: Box, item: number): Association | undefined {
  for (const association of associationsIn(view, ipma)) if (association.item === item) return association;
  return undefined;
}

function readItemTypes(view: Buffer, meta: Box): Map<number, string> {
  const types = new Map<number, string>();
  const iinf = childOf(view, meta, 'iinf');
  if (!iinf) return types;
  const entries = { ...iinf, at: iinf.at + (view[iinf.at] === 0 ? 6 : 8) };
  for (const { at } of boxesIn(view, entries)) {
    const hasLongIds = view[at]! >= 3;
    const id = hasLongIds ? view.readUInt32BE(at + 4) : view.readUInt16BE(at + 4);
    const type = at + (hasLongIds ? 10 : 8);
    types.set(id, view.toString('latin1', type, type + 4));
  }
  return types;
}

function readReferences(view: Buffer, meta: Box): { type: string; from: number; to: number[] }[] {
  const iref = childOf(view, meta, 'iref');
  if (!iref) return [];
  const size = view[iref.at] === 0 ? 2 : 4;
  return [...boxesIn(view, { ...iref, at: iref.at + 4 })].map(({ type, at }) => {
    const count = Math.min(view.readUInt16BE(at + size), 1); // the first says how all are coded
    const to = Array.from({ length: count }, (_, i) => view.readUIntBE(at + size + 2 + i * size, size));
    return { type, from: view.readUIntBE(at, size), to };
  });
}

function dataOf(view: Buffer, meta: Box, item: number): number | undefined {
  for (const place of placesIn(view, meta)) if (place.item === item) return place.base + place.value;
  return undefined;
}

/** Where a part of an item lies in the file, and where the file says so. */
interface Place {
  item: number;
  base: number;
  /** The offset's own place, its bytes, and the offset, counted from the base. */
  at: number;
  size: number;
  value: number;
}

/** The parts of all items that lie in the file itself (ItemLocationBox). */
function* placesIn(view: Buffer, meta: Box): Generator<Place> {
  const iloc = childOf(view, meta, 'iloc');
  if (!iloc) return;
  const version = view.readUInt8(iloc.at);
  const sizes = view.readUInt16BE(iloc.at + 4);
  const [offsetSize, lengthSize, baseSize] = [sizes >> 12, (sizes >> 8) & 15, (sizes >> 4) & 15];
  const extentSize = (version > 0 ? sizes & 15 : 0) + offsetSize + lengthSize;
  const idSize = version < 2 ? 2 : 4;
  let at = iloc.at + 6;
  const read = (size: number): number => {
    at += size;
    return readNumber(view, at - size, size);
  };
  for (let count = read(idSize); count > 0; count--) {
    const item = read(idSize);
    const method = version > 0 ? read(2) & 15 : 0;
    at += 2;
    const base = read(baseSize);
    const extents = read(2);
    for (let i = 0; method === 0 && offsetSize > 0 && i < extents; i++) {
      const place = at + i * extentSize + extentSize - offsetSize - lengthSize;
      yield { item, base, at: place, size: offsetSize, value: readNumber(view, place, offsetSize) };
    }
    at += extents * extentSize;
  }
}

function readNumber(view: Buffer, at: number, size: number): number {
  if (size === 0) return 0;
  return size === 8 ? Number(view.readBigUInt64BE(at)) : view.readUIntBE(at, Math.min(size, 6));
}

/**
 * A copy of the file whose primary picture has one more property.
 *
 * @param property a whole box
 * @returns undefined where the file is laid out in a way that does not let it be inserted
 */
export function withProperty(bytes: Uint8Array, property: Buffer): Buffer | undefined {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const top = childOf(view, { type: '', at: 0, end: view.length }, 'meta');
  const meta = top && { ...top, at: top.at + 4 };
  const pitm = meta && childOf(view, meta, 'pitm');
  const iprp = meta && childOf(view, meta, 'iprp');
  const ipco = iprp && childOf(view, iprp, 'ipco');
  const ipma = iprp && childOf(view, iprp, 'ipma');
  if (!pitm || !ipco || !ipma || ipma.at < ipco.at) return undefined;
  const primary = view[pitm.at] === 0 ? view.readUInt16BE(pitm.at + 4) : view.readUInt32BE(pitm.at + 4);
  const entry = associationOf(view, ipma, primary);
  const number = [...boxesIn(view, ipco)].length + 1;
  if (!entry || number > 127) return undefined;

  const reference = entry.isWide ? Buffer.of(0, number) : Buffer.of(number);
  const copy = Buffer.concat([
    view.subarray(0, ipco.end),
    property,
    view.subarray(ipco.end, entry.end),
    reference,
    view.subarray(entry.end),
  ]);
  const moved = (at: number): number =>
    at + (at >= ipco.end ? property.length : 0) + (at >= entry.end ? reference.length : 0);
  copy[moved(entry.countAt)]! += 1;
  for (const box of [top, iprp, ipco, ipma]) {
    const size = moved(box.end) - moved(box.at) + 8;
    copy.writeUInt32BE(size, moved(box.at) - 8);
  }
  for (const { base, at, size, value } of placesIn(view, meta)) {
    const shift = moved(base + value) - (base + value);
    if (size === 8) copy.writeBigUInt64BE(BigInt(value + shift), moved(at));
    else copy.writeUIntBE(value + shift, moved(at), size);
  }
  return copy;
}
