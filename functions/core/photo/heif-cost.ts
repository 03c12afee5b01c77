/** What it takes to decode a HEIF file (ISO/IEC 23008-12), which its size alone does not show. */
import { associationsIn, type Box, boxesIn, childOf, readItemTypes, readReferences } from './heif-boxes.ts';

/**
 * Pixels that are decoded to show the primary picture: of all its tiles or layers, as often as they are shown and
 * however little is seen of them, and of its largest helper, such as alpha.
 *
 * @returns 0 where no primary picture can be found; Infinity where it is made of too many others
 */
export function countCodedPixels(bytes: Uint8Array): number {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const meta = childOf(view, { type: '', at: 0, end: view.length }, 'meta');
    return meta ? count(view, { ...meta, at: meta.at + 4 }) : 0;
  } catch (error) {
    if (error instanceof RangeError) return 0; // a box that reaches past the end of the file
    throw error;
  }
}

function count(view: Buffer, meta: Box): number {
  const pitm = childOf(view, meta, 'pitm');
  if (!pitm) return 0;
  const primary = view[pitm.at] === 0 ? view.readUInt16BE(pitm.at + 4) : view.readUInt32BE(pitm.at + 4);
  const sizes = readSizes(view, meta);
  const types = readItemTypes(view, meta);
  const references = readReferences(view, meta);
  const parts = new Map<number, number[]>();
  for (const { type, from, to } of references) {
    if (type === 'dimg') parts.set(from, [...(parts.get(from) ?? []), ...to]);
  }
  const known = new Map<number, number>();
  const pixelsOf = (item: number): number => {
    const before = known.get(item);
    if (before !== undefined) return before;
    if (known.size > MOST_ITEMS) return Number.POSITIVE_INFINITY;
    known.set(item, 0); // where a picture is derived from itself
    const isCoded = !DERIVED.has(types.get(item) ?? '');
    const pixels = isCoded
      ? (sizes.get(item) ?? 0)
      : (parts.get(item) ?? []).reduce((sum, part) => sum + pixelsOf(part), 0);
    known.set(item, pixels);
    return pixels;
  };
  let helper = 0;
  for (const { type, from, to } of references) {
    if (type === 'auxl' && to.includes(primary)) helper = Math.max(helper, pixelsOf(from));
  }
  return pixelsOf(primary) + helper;
}

/** Telephones' pictures have some fifty tiles. */
const MOST_ITEMS = 1000;
/** Made of other items: a grid of tiles, the same picture turned, layers, tones mapped. */
const DERIVED: ReadonlySet<string> = new Set(['grid', 'iden', 'iovl', 'tmap']);

/** Width × height of each item, by its ispe property. */
function readSizes(view: Buffer, meta: Box): Map<number, number> {
  const sizes = new Map<number, number>();
  const iprp = childOf(view, meta, 'iprp');
  const ipco = iprp && childOf(view, iprp, 'ipco');
  const ipma = iprp && childOf(view, iprp, 'ipma');
  if (!ipco || !ipma) return sizes;
  const areas = [...boxesIn(view, ipco)].map(({ type, at }) =>
    type === 'ispe' ? view.readUInt32BE(at + 4) * view.readUInt32BE(at + 8) : 0,
  );
  for (const { item, properties } of associationsIn(view, ipma)) {
    sizes.set(item, Math.max(sizes.get(item) ?? 0, ...properties.map((i) => areas[i - 1] ?? 0)));
  }
  return sizes;
}
