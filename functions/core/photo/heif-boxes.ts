/** The boxes of a HEIF file (ISO/IEC 14496-12 and 23008-12, HEIC and AVIF): where they are, and its table of items. */

/** A box, and where its content begins and ends. */
export interface Box {
  type: string;
  /** Where its content begins and ends. */
  at: number;
  end: number;
}

/** The boxes within another. */
export function* boxesIn(view: Buffer, { at: from, end: to }: Box): Generator<Box> {
  for (let at = from; at + 8 <= to; ) {
    const short = view.readUInt32BE(at);
    const head = short === 1 ? 16 : 8;
    const size = short === 1 ? Number(view.readBigUInt64BE(at + 8)) : short === 0 ? to - at : short;
    if (size < head) return;
    yield { type: view.toString('latin1', at + 4, at + 8), at: at + head, end: Math.min(at + size, to) };
    at += size;
  }
}

/** The first box of a type within another. */
export function childOf(view: Buffer, parent: Box, type: string): Box | undefined {
  for (const box of boxesIn(view, parent)) if (box.type === type) return box;
  return undefined;
}

/** Which properties an item has (ItemPropertyAssociationBox). */
export interface Association {
  item: number;
  /** Numbers of the properties, counted from 1. */
  properties: number[];
  /** Where their count stands, and where they end. */
  countAt: number;
  end: number;
  /** Two bytes each. */
  isWide: boolean;
}

/** Which properties each item has. */
export function* associationsIn(view: Buffer, { at }: Box): Generator<Association> {
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

/** The properties of one item. */
export function associationOf(view: Buffer, ipma: Box, item: number): Association | undefined {
  for (const association of associationsIn(view, ipma)) if (association.item === item) return association;
  return undefined;
}

/** How each item is coded, or derived (ItemInfoBox). */
export function readItemTypes(view: Buffer, meta: Box): Map<number, string> {
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

/** Items that one item may refer to: libheif takes no more. */
const MOST_REFERENCES = 256;

/** Which items refer to which, of each reference at most one more than may be (ItemReferenceBox). */
export function readReferences(view: Buffer, meta: Box): { type: string; from: number; to: number[] }[] {
  const iref = childOf(view, meta, 'iref');
  if (!iref) return [];
  const size = view[iref.at] === 0 ? 2 : 4;
  return [...boxesIn(view, { ...iref, at: iref.at + 4 })].map(({ type, at }) => {
    const count = Math.min(view.readUInt16BE(at + size), MOST_REFERENCES + 1);
    const to = Array.from({ length: count }, (_, i) => view.readUIntBE(at + size + 2 + i * size, size));
    return { type, from: view.readUIntBE(at, size), to };
  });
}

/** Where a part of an item lies in the file, and where the file says that. */
export interface Place {
  item: number;
  base: number;
  /** The offset's own place, its bytes, and the offset, from the base. */
  at: number;
  size: number;
  value: number;
}

/** The parts of all items that lie in the file itself (ItemLocationBox). */
export function* placesIn(view: Buffer, meta: Box): Generator<Place> {
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
