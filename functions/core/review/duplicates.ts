/** Photos that are the same picture: byte for byte, or stored again smaller, cropped or compressed more. */
import type { Neighbours } from './neighbours.ts';

/** From this cosine on two photos are taken for the same picture. */
export const SAME = 0.98;
/** From this cosine on they are if they are also far nearer to each other than to what else is near. */
const LIKE = 0.92;
/** As a share of either's distance (1 − cosine) to the last of its neighbours. */
const STANDS_OUT = 0.4;

export interface NearDuplicate {
  /** Places of the two photos, the first earlier. */
  places: [number, number];
  /** Cosine of their features. */
  similarity: number;
  /** Told by their pixels: they are one picture. */
  same?: true;
}

/** Groups of photos that have one ETag, which is one content; the largest first, then in order. */
export function findCopies(etags: readonly string[]): number[][] {
  const groups = new Map<string, number[]>();
  for (const [at, etag] of etags.entries()) {
    const group = groups.get(etag);
    if (group) group.push(at);
    else groups.set(etag, [at]);
  }
  return [...groups.values()].filter(({ length }) => length > 1).sort((a, b) => b.length - a.length);
}

/**
 * Pairs of photos that are not copies but look like the same picture, the most alike first: neighbours whose cosine is at
 * least {@link SAME}, or somewhat less and yet far above what else is near either. Copies of shop photos at JPEG quality 60
 * or cropped by 5 % have cosines from 0.93 on, as have two shots of one heap; the second rule finds the former. Of two
 * contents there is one pair, however many copies either has.
 */
export function findNearDuplicates(
  etags: readonly string[],
  { each, place, similarity }: Neighbours,
): NearDuplicate[] {
  const farthest = (at: number) => similarity[at * each + each - 1]!;
  const pairs: NearDuplicate[] = [];
  for (let at = 0; at < etags.length; at++) {
    for (let rank = at * each; rank < (at + 1) * each; rank++) {
      const [other, cosine] = [place[rank]!, similarity[rank]!];
      if (cosine < LIKE) break;
      const apart = STANDS_OUT * (1 - Math.min(farthest(at), farthest(other)));
      if (cosine < SAME && 1 - cosine > apart) continue;
      if (etags[at] === etags[other]) continue;
      pairs.push({ places: [Math.min(at, other), Math.max(at, other)], similarity: cosine });
    }
  }
  pairs.sort((a, b) => b.similarity - a.similarity || a.places[0] - b.places[0] || a.places[1] - b.places[1]);
  return oneOfEach(etags, pairs);
}

/** Near-duplicates with those that are one picture by their pixels before all others, the most alike first. */
export function withSamePictures(
  etags: readonly string[],
  alike: readonly NearDuplicate[],
  same: readonly NearDuplicate[],
): NearDuplicate[] {
  return oneOfEach(etags, [...same, ...alike]);
}

/** The first pair of each two contents. */
function oneOfEach(etags: readonly string[], pairs: NearDuplicate[]): NearDuplicate[] {
  const told = new Set<string>();
  return pairs.filter(({ places: [a, b] }) => {
    const contents = [etags[a], etags[b]].sort().join();
    const isFirst = !told.has(contents);
    told.add(contents);
    return isFirst;
  });
}
