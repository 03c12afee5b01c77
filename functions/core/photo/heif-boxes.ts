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
  /** Where its coded data begin, if they are one piece in the file. */
  dataAt: number | undefined;
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
    (associations(view, ipma).get(item) ?? []).flatMap((i) => all[i - 1] ?? []);
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
  const nclx = properties.find(
    ({ type, at }) => type === 'colr' && view.toString('latin1', at, at + 4) === 'nclx',
  );
  return {
    coding: types.get(coded) ?? '',
    width: view.readUInt32BE(ispe.at + 4),
    height: view.readUInt32BE(ispe.at + 8),
    nclxAt: nclx && nclx.at + 4,
    av1cAt: properties.find(({ type }) => type === 'av1C')?.at,
    dataAt: dataOf(view, meta, coded),
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

/** Numbers of the properties of each item, counted from 1 (ItemPropertyAssociationBox). */
function associations(view: Buffer, { at }: Box): Map<number, number[]> {
  const found = new Map<number, number[]>();
  const hasLongIds = view[at]! >= 1;
  const isWide = (view[at + 3]! & 1) === 1;
  let next = at + 8;
  for (let entry = view.readUInt32BE(at + 4); entry > 0; entry--) {
    const item = hasLongIds ? view.readUInt32BE(next) : view.readUInt16BE(next);
    next += hasLongIds ? 4 : 2;
    const properties: number[] = [];
    for (let count = view.readUInt8(next++); count > 0; count--) {
      properties.push(isWide ? view.readUInt16BE(next) & 0x7fff : view.readUInt8(next) & 0x7f);
      next += isWide ? 2 : 1;
    }
    found.set(item, properties);
  }
  return found;
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

/** Where the item's first extent begins (ItemLocationBox), for items that lie in the file itself. */
function dataOf(view: Buffer, meta: Box, item: number): number | undefined {
  const iloc = childOf(view, meta, 'iloc');
  if (!iloc) return undefined;
  const version = view.readUInt8(iloc.at);
  const sizes = view.readUInt16BE(iloc.at + 4);
  const [offsetSize, lengthSize, baseSize] = [sizes >> 12, (sizes >> 8) & 15, (sizes >> 4) & 15];
  const indexSize = version > 0 ? sizes & 15 : 0;
  const idSize = version < 2 ? 2 : 4;
  let at = iloc.at + 6;
  const read = (size: number): number => {
    at += size;
    return size === 0
      ? 0
      : size === 8
        ? Number(view.readBigUInt64BE(at - 8))
        : view.readUIntBE(at - size, size);
  };
  for (let count = read(idSize); count > 0; count--) {
    const id = read(idSize);
    const method = version > 0 ? read(2) & 15 : 0;
    read(2);
    const base = read(baseSize);
    const extents = read(2);
    if (id === item) {
      read(indexSize);
      return method === 0 && extents > 0 ? base + read(offsetSize) : undefined;
    }
    at += extents * (indexSize + offsetSize + lengthSize);
  }
  return undefined;
}
