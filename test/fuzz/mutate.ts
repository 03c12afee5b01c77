/** Photos damaged at random, the same for the same seed and number. */

import { seeded } from '../../functions/core/seeded.ts';
import { insert, patch } from '../fixtures/photos.ts';
import type { Original } from './originals.ts';

export interface Mutant {
  index: number;
  original: Original;
  bytes: Buffer;
}

/** The mutant of a number: each original has its turn, and is changed in one or two places. */
export function mutate(originals: readonly Original[], seed: number, index: number): Mutant {
  const random = seeded(seed * 1_000_003 + index);
  const below = (most: number) => Math.floor(random() * most);
  const original = originals[index % originals.length]!;
  let bytes = original.bytes;
  for (let changes = 1 + below(2); changes > 0 && bytes.length > 0; changes--) {
    bytes = CHANGES[below(CHANGES.length)]!(bytes, placeIn(bytes, random), below, originals);
  }
  return { index, original, bytes };
}

/** Half of the changes hit the first bytes, where the structure is. */
function placeIn({ length }: Buffer, random: () => number): number {
  return Math.floor(random() * (random() < 0.5 ? Math.min(length, 400) : length));
}

type Change = (
  bytes: Buffer,
  at: number,
  below: (most: number) => number,
  originals: readonly Original[],
) => Buffer;

const EDGES = [0, 1, 0x7f, 0x80, 0xff];

const CHANGES: Change[] = [
  function flipBit(bytes, at, below) {
    return patch(bytes, at, [bytes[at]! ^ (1 << below(8))]);
  },
  function setBytes(bytes, at, below) {
    const length = Math.min(1 + below(8), bytes.length - at);
    return patch(
      bytes,
      at,
      Array.from({ length }, () => below(256)),
    );
  },
  function setToEdge(bytes, at, below) {
    const length = Math.min([1, 2, 4][below(3)]!, bytes.length - at);
    return patch(bytes, at, new Uint8Array(length).fill(EDGES[below(EDGES.length)]!));
  },
  function countOne(bytes, at, below) {
    return patch(bytes, at, [bytes[at]! + (below(2) === 0 ? 1 : 255)]);
  },
  function blank(bytes, at, below) {
    return patch(bytes, at, new Uint8Array(Math.min(1 + below(300), bytes.length - at)));
  },
  function remove(bytes, at, below) {
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + below(300))]);
  },
  function cutShort(bytes, at) {
    return bytes.subarray(0, Math.max(at, Math.floor(bytes.length / 3)));
  },
  function repeat(bytes, at, below) {
    return insert(bytes, at, bytes.subarray(at, at + 1 + below(300)));
  },
  function move(bytes, at, below) {
    const from = below(bytes.length);
    return patch(bytes, at, bytes.subarray(from, from + Math.min(1 + below(300), bytes.length - at)));
  },
  function insertNoise(bytes, at, below) {
    return insert(
      bytes,
      at,
      Uint8Array.from({ length: 1 + below(64) }, () => below(256)),
    );
  },
  function insertOther(bytes, at, below, originals) {
    const other = originals[below(originals.length)]!.bytes;
    const from = below(other.length);
    return insert(bytes, at, other.subarray(from, from + 1 + below(300)));
  },
];
