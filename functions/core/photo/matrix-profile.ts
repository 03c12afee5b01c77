/** Reads ICC profiles that are three curves and a matrix: Display P3, Adobe RGB and the like (ICC.1:2022, 8.3). */

/** Level 0…1 → linear light. */
export type Curve = (level: number) => number;

/** What such a profile says. */
export interface MatrixProfile {
  /** Of red, green and blue. */
  curves: Curve[];
  /** Linear red, green and blue → XYZ under D50: row-major [3 × 3]. */
  matrix: number[];
}

/**
 * Reads the curves and the matrix of an RGB profile, version 2 or 4.
 *
 * @returns undefined for a profile of another kind, including one with a lookup table, which takes precedence
 * @throws Error where the profile is cut short, or a curve or a colour is something else
 */
export function readMatrixProfile(icc: Buffer): MatrixProfile | undefined {
  if (icc.toString('latin1', 16, 24) !== 'RGB XYZ ') return undefined;
  const tags = readTags(icc);
  if (tags.has('A2B0') || tags.has('D2B0')) return undefined;
  const [red, green, blue] = ['rXYZ', 'gXYZ', 'bXYZ'].map((name) => readXyz(tagOf(tags, name))) as Xyz[];
  return {
    curves: ['rTRC', 'gTRC', 'bTRC'].map((name) => readCurve(tagOf(tags, name))),
    matrix: [0, 1, 2].flatMap((row) => [red![row]!, green![row]!, blue![row]!]),
  };
}

type Xyz = [number, number, number];

function readTags(icc: Buffer): Map<string, Buffer> {
  const tags = new Map<string, Buffer>();
  const count = Math.min(icc.readUInt32BE(128), MOST_TAGS);
  for (let at = 132; at < 132 + 12 * count; at += 12) {
    const start = icc.readUInt32BE(at + 4);
    tags.set(icc.toString('latin1', at, at + 4), icc.subarray(start, start + icc.readUInt32BE(at + 8)));
  }
  return tags;
}

function tagOf(tags: Map<string, Buffer>, name: string): Buffer {
  const tag = tags.get(name);
  if (!tag) throw new Error(`the profile has no ${name}`);
  return tag;
}

function readXyz(tag: Buffer): Xyz {
  if (typeOf(tag) !== 'XYZ ') throw new Error(`${typeOf(tag)} is not a colour`);
  return [8, 12, 16].map((at) => readFixed(tag, at)) as Xyz;
}

function readCurve(tag: Buffer): Curve {
  const type = typeOf(tag);
  if (type === 'para') return parametric(tag);
  if (type !== 'curv') throw new Error(`${type} is not a curve`);
  const entries = tag.readUInt32BE(8);
  if (entries === 0) return (level) => level;
  if (entries === 1) return (level) => level ** (tag.readUInt16BE(12) / 256);
  if (entries > MOST_ENTRIES) throw new Error(`a curve has ${entries} entries`);
  return tabulated(Array.from({ length: entries }, (_, i) => tag.readUInt16BE(12 + 2 * i)));
}

/** Y = (aX + b)^g + e from X = d; Y = cX + f below it (10.18). */
function parametric(tag: Buffer): Curve {
  const kind = tag.readUInt16BE(8);
  const numbers = Array.from({ length: PARAMETERS[kind] ?? 0 }, (_, i) => readFixed(tag, 12 + 4 * i));
  const [g = 1, a = 1, b = 0, c = 0, d = -Infinity, offset = 0, f = 0] = numbers;
  const e = kind === 2 ? c : offset; // kinds 1 and 2 have no line: below zero, the power is zero
  return (level) => (level >= d ? Math.max(0, a * level + b) ** g + e : c * level + f);
}

/** By kind of parametric curve. */
const PARAMETERS = [1, 3, 4, 5, 7];

/** Linear between entries, in Little CMS' 16-bit arithmetic (LinLerp1D in cmsintrp.c). */
function tabulated(table: number[]): Curve {
  const last = table.length - 1;
  return (level) => {
    const place = last * Math.min(65_535, Math.max(0, Math.floor(level * 65_535 + 0.5)));
    const fixed = place + Math.floor((place + 0x7fff) / 0xffff);
    const [cell, rest] = [Math.floor(fixed / 65_536), fixed % 65_536];
    const [from, to] = [table[cell]!, table[cell + 1] ?? 0];
    return (from + Math.floor(((to - from) * rest + 0x8000) / 65_536)) / 65_535;
  };
}

/** Little CMS takes no more. */
const MOST_TAGS = 100;
const MOST_ENTRIES = 0x7fff;

function typeOf(tag: Buffer): string {
  return tag.toString('latin1', 0, 4);
}

/** s15Fixed16Number (4.6) */
function readFixed(tag: Buffer, at: number): number {
  return tag.readInt32BE(at) / 65_536;
}
