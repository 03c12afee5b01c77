/** The primary picture of a HEIF file (ISO/IEC 23008-12, HEIC and AVIF), as its boxes describe it. */
import {
  associationOf,
  type Box,
  boxesIn,
  childOf,
  placesIn,
  readItemTypes,
  readReferences,
} from './heif-boxes.ts';

/** The primary picture by its boxes: nothing is decoded. */
export interface HeifPicture {
  /** How it, or its tiles, are coded: `hvc1`, `av01`, `jpeg` and others; empty where the file does not say. */
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
  /** How it is turned, in this order, once it is cropped. */
  turns: Turn[];
  /** Where the content of such boxes stands, its own and other pictures': one byte. */
  turnsAt: number[];
}

/** `irot`: by so many quarters, anticlockwise; `imir`: 0 upside down, 1 left to right. */
export interface Turn {
  type: string;
  value: number;
}

/** @returns undefined where no primary picture can be found */
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
  // A derived picture is coded like what it is derived from, mostly the tiles of a grid.
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
    turns: own.filter(isTurn).map(({ type, at }) => ({ type, value: view[at]! & 3 })),
    turnsAt: all.filter(isTurn).map(({ at }) => at),
  };
}

function isTurn({ type, at, end }: Box): boolean {
  return (type === 'irot' || type === 'imir') && end > at;
}

const DERIVED = new Set(['grid', 'iden', 'iovl', 'tmap']);

function dataOf(view: Buffer, meta: Box, item: number): number | undefined {
  for (const place of placesIn(view, meta)) if (place.item === item) return place.base + place.value;
  return undefined;
}

/**
 * A copy of the file whose primary picture has one more property.
 *
 * @param property a whole box
 * @returns undefined where the file's layout does not allow it
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
